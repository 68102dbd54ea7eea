"""What an owner sees of his worker: one state, fed by hooks and the log, and faces that show it."""
