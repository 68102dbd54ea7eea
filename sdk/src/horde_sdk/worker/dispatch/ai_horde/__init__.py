"""Jobs of an AI Horde."""
