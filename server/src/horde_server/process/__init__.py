"""Serving processes: one, or a parent with several children on one socket."""
