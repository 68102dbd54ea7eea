"""Several makers of one kind behind one worker name: each job goes to one that has its model and is free."""
