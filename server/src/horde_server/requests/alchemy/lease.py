"""What a hand-out of a form carries (alchemy.md §6)."""

from __future__ import annotations

LEASE_S = 180
"""How long an alchemist may take, whatever the form."""
