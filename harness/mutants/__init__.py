"""`parity mutants`: injects bugs into copies of the reference and measures how soon generated cases find each."""
