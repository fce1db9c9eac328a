"""Evidence: one record for each command that says yes or no, as an in-toto statement in the ledger."""
