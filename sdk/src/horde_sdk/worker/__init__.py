"""What workers are made of: generations and jobs with their states, capabilities, chains."""
