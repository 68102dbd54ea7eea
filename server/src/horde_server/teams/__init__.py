"""Teams: workers whose work is counted together."""
