"""An empty module, as in the reference release."""
