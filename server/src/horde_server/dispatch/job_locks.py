"""Who changes many jobs in one statement does it alone, so that nothing deadlocks."""

SWEEP_LOCK = 7_001_002
