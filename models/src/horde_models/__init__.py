"""Weights of the models that `openhorde-worker` has built in: data only, each file with its card beside it.

A distribution of its own, so that a new training swells neither the worker's wheel nor its updates.
"""
