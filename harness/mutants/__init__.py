"""`parity mutants`: plants bugs in copies of the reference and measures how soon generated cases find each."""
