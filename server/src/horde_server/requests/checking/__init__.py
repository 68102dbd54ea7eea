"""How far many requests are, in one call."""
