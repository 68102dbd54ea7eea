"""The path of parts of `horde_sdk.worker` in releases 0.17 and 0.18."""
