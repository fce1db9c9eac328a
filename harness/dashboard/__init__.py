"""The dashboard: a static site of what the ledger's evidence shows. It reads and runs nothing."""
