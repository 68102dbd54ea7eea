"""Where a worker's settings come from: command line, environment, one YAML file, or an older worker's bridgeData."""
