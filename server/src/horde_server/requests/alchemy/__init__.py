"""Alchemy: one picture and some forms, each an independent job (alchemy.md §1)."""
