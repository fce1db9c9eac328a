"""Migrations of the ledger, so that an older one opens and keeps its history."""
