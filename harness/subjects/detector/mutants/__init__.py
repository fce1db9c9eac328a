"""The mutants of the detector: mutated modules, historical bugs, and functions that no comparison reaches."""
