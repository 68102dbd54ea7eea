"""The path of `horde_sdk.worker.dispatch.ai_horde.bridge_data` in releases 0.17 and 0.18."""

from horde_sdk.worker.dispatch.ai_horde.bridge_data import *  # noqa: F403 an old path has all of the new one
