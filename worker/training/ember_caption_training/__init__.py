"""How `ember-demo-caption` is made: its pictures, its net, and how well it does."""
