"""Names of ComfyUI."""
