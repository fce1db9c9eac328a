"""The subjects, one folder each, and a registry of them by name."""
