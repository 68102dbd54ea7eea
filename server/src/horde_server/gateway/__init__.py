"""Foreign dialects over the one queue: thin faces, a folder each, that turn foreign bodies into orders of the desk."""
