"""The path of `horde_sdk.worker.model_meta` in releases 0.17 and 0.18."""

from horde_sdk.worker.model_meta import *  # noqa: F403 an old path has all of the new one
