"""The ledger: what was checked, when, on which build, and with what result."""
