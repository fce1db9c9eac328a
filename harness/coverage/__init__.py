"""How much of the reference and of each port a run's cases reach: the cases once more, through builds that count."""
