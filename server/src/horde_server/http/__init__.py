"""The rim: everything about HTTP that is no rule of the horde."""
