"""The mutants of the reducer: what is mutated, its bugs, and what no comparison reaches."""
