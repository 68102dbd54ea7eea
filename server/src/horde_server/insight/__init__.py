"""How the horde and its nodes are doing: health, metrics, models, performance."""
