"""Programs that speak OpenAI's API: each has keys of its own besides, and says less or more about itself."""
