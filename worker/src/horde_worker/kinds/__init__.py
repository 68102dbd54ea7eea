"""What differs between images, texts and alchemy in the worker's one loop."""
