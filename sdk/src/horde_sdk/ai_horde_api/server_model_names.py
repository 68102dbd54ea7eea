"""Names of models that a horde reports; empty, as in the published library."""
