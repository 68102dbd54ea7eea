"""Alchemy: one picture and some forms, each an independent job (alchemy-and-operations.md §1)."""
