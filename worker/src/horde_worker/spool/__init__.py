"""Finished results on disk until the horde has taken them: they survive a crash, a kill and a cut network."""
