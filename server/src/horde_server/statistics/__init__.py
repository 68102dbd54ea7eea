"""What the horde made, and with which models: by minute, hour, day, month, and in all."""
