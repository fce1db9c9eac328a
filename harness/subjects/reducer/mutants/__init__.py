"""The mutants of the reducer: mutated modules, historical bugs, and functions that no comparison reaches."""
