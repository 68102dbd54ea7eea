"""Regular expressions of moderators against prompts for images: scoring, rewriting, refusing (moderation.md §2)."""
