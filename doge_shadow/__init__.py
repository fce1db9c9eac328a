"""Shadow mode, for any pure core: the reference answers, and a candidate is asked the same beside it, never in its way.

The caller's thread does no more than put a call and its result into a bounded queue. A thread of its own asks the candidate
while the caller is idle, compares, keeps what differs, and writes down how much was really compared. Whatever the candidate
does (hang, die, answer garbage, eat the machine), it costs the caller nothing but the counts.
"""
