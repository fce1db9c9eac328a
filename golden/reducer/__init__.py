"""The reducer's fixtures: contract, definitions, recorded outcomes."""
