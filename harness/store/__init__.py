"""The ledger: what was checked, when, on which build, and what came of it."""
