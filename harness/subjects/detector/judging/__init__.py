"""Judging outcomes of the detector: tolerances, degenerate data, rounding ties."""
