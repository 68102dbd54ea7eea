"""Kudos: the ledger and its fold, rewards for uptime, transfers and awards."""
