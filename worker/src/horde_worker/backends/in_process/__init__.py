"""What backends share that load models into this process: options, weight files, devices, memory."""
