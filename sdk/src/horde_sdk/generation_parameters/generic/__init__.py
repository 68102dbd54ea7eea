"""What all kinds of generation share."""
