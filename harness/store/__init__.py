"""The ledger: a database of runs, with their builds, batches, finds and coverage."""
