"""Stats, performance, models, metrics."""
