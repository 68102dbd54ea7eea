"""What differs between images and texts in the worker's one loop."""
