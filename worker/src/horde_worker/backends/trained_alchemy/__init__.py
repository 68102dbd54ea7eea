"""Trained models for work on pictures: those inside published wheels, and those in files of the owner's."""
