"""Generators of cases: event streams decoded from integers, and market traffic made from candles.

Decoding steps the reference. This package never imports the harness.
"""
