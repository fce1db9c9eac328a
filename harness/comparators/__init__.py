"""Two outcomes in, divergences out."""
