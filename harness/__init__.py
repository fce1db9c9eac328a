"""A case goes in, every port answers, comparators judge.

Imports point one way: ports and comparators know nothing of runs, runs nothing of the command line.
"""
