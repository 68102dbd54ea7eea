"""Pictures of requests, whatever their kind: sources, links to results, lifetimes."""
