"""Video generation. The published library has this path, and it is empty there too."""
