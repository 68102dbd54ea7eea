"""The path of `horde_sdk.worker.locale_info.bridge_data_fields` in releases 0.17 and 0.18."""

from horde_sdk.worker.locale_info.bridge_data_fields import *  # noqa: F403 an old path has all of the new one
