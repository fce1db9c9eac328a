"""The shared part of all benchmarks: timing, targets, tables."""
