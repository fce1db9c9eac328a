"""Golden fixtures: cases with their recorded outcomes, the contract that applied, and a manifest of both."""
