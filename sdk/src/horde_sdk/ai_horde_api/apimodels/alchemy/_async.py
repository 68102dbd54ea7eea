"""The path of `horde_sdk.ai_horde_api.apimodels.alchemy.async_` in releases 0.17 and 0.18."""

from horde_sdk.ai_horde_api.apimodels.alchemy.async_ import *  # noqa: F403 an old path has all of the new one
