"""What is said to operators of workers."""
