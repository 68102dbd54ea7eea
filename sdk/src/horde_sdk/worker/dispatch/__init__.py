"""Dispatch: where jobs come from, and what becomes of their parameters on the way."""
