"""The parts of the backend `diffusers`: Stable Diffusion 1, 2 and XL from local files, by the library of that name."""
