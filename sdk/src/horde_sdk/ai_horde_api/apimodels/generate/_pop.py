"""The path of `horde_sdk.ai_horde_api.apimodels.generate.pop` in releases 0.17 and 0.18."""

from horde_sdk.ai_horde_api.apimodels.generate.pop import *  # noqa: F403 an old path has all of the new one
