"""Price book, ledger, rewards."""
