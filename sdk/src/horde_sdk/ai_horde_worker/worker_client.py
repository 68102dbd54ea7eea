"""The path of `horde_sdk.worker.worker_client` in releases 0.17 and 0.18."""

from horde_sdk.worker.worker_client import *  # noqa: F403 an old path has all of the new one
