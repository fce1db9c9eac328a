"""Judging an outcome of the detector: tolerances, degenerate data, rounding ties."""
