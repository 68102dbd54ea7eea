"""The ratings API, a service of its own beside the horde: what people think of images."""
