"""Work that must neither be lost nor forgotten, and that nobody waits for: kept in the database, run by any node."""
