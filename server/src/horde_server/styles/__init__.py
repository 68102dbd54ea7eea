"""Styles: prompts with holes, models and parameters under one name; collections of them."""
