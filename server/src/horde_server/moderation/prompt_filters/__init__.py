"""Regular expressions of moderators against prompts for images: scoring, rewriting, refusing (generation.md §2.3.2)."""
