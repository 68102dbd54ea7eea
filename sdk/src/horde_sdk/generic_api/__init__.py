"""What any horde API is made of."""
