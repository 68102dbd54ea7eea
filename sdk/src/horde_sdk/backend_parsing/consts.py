"""Words that all backends share; none yet."""
