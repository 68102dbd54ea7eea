"""What users report of results, and what moderators decide of it."""
