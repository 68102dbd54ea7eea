"""The parts of the backend `transformers`: language models from local folders, run by the library of that name."""
