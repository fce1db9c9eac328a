"""`parity fuzz`: very many generated cases, in batches that any worker may run, with every finished one in the ledger."""
