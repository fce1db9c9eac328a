"""The reducer's benchmark: loads, measurements, ratios."""
