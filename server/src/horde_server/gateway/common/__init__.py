"""What all dialects share: addresses, keys, bodies, refusals, models by any name, the life of a call, streams."""
