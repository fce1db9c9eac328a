"""Generators of cases: integers decoded into event streams, candles turned into market traffic.

Knows the reference, which it steps while it decodes, and never the harness.
"""
