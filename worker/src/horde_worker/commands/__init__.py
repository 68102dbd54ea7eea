"""What an owner does besides `horde work`: the first run, and the commands of `horde worker`."""
