"""Whether pictures may go out: who judges them, and what becomes of those that may not."""
