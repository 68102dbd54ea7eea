"""Models by name: what is known of them, from a built-in list or the operator's catalogues."""
