"""Keys of accounts: their own, for themselves, and shared ones, for others."""
