"""Prices of forms of alchemy."""
