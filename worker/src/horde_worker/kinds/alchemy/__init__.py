"""Alchemy: which forms are offered, how a hand-out is read, how forms are done and handed in."""
