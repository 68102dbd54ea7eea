"""Texts for operators of workers."""
