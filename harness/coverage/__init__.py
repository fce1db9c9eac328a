"""Coverage of the reference and of each port: a run's first cases once more, through builds that count."""
