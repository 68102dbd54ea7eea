"""Whether to ask for work at all: the backend is there, the owner does not want the machine, there is memory."""
