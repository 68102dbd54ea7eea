"""Vocabularies: between the horde's names for things and those of the programs that generate."""
