"""What the benchmarks of all subjects share: timing, targets, tables."""
