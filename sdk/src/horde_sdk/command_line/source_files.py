"""Source images of a command."""

from horde_sdk.ai_horde_api.source_images import LARGEST_FILE_BYTES, LONGEST_SIDE, source_image

__all__ = ["LARGEST_FILE_BYTES", "LONGEST_SIDE", "source_image"]
