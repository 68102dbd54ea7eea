"""The parts of the worker's loop: fetching jobs, making them in time, delivering what was made."""
