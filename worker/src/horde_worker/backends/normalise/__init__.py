"""What every maker of pictures does to a job before it paints: pure functions that take any value and never raise."""
