"""Names of models that a horde reports. The published library has this path, and it is empty there too."""
