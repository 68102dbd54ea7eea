"""Names of image backends."""
