"""How `ember-demo-text` was made: its corpus, its net and its training."""
