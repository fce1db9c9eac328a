"""Comparators: functions from two outcomes to their divergences."""
