"""The detector's fixtures: contract, definitions, recorded outcomes."""
