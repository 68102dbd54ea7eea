"""What backends have in common that are another program's server: its address, its answers, whether it is there."""
