"""Workers: check-in, what new ones must satisfy, management, the directory of who is online."""
