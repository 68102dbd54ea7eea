"""The standard logger `horde_sdk` of this library, silent until the program configures logging."""

import logging

COMPLETE_LOGGER_LABEL = "COMPLETE"
PROGRESS_LOGGER_LABEL = "PROGRESS"

logger = logging.getLogger("horde_sdk")
logger.addHandler(logging.NullHandler())
