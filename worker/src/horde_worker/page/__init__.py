"""A page on this machine: what the worker does, its last pictures, `/metrics` and `/healthz`."""
