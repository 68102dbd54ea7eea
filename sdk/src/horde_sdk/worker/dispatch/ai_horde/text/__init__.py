"""Text jobs of an AI Horde."""
