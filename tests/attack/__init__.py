"""One stranger against a default horde: `make attack`."""
