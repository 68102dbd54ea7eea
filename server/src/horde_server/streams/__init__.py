"""What workers tell while they work (pieces), relayed to whoever listens. Nothing here is the truth: submit is."""
