"""Empty, as in the published library; here so that it can be imported."""
