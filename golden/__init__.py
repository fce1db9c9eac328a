"""Golden fixtures: cases with their recorded outcomes, the contract they were recorded under, and the manifest of both."""
