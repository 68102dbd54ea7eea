"""How `ember-demo` is made: its pictures, its net, and how well it does."""
