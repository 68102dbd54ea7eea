"""Image jobs of an AI Horde."""
