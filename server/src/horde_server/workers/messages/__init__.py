"""Messages to workers: what moderators and owners tell them with their pops."""
