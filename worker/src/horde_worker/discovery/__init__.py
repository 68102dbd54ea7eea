"""What this machine has for a horde: programs that run already, and the hardware for those that do not yet."""
