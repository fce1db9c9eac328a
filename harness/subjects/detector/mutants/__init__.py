"""The mutants of the detector: what is mutated, its bugs, and what no comparison reaches."""
