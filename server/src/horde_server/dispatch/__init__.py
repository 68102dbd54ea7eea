"""The heart: live queue, matching, claim, lease, settle."""
