"""Warnings that a program's user sees without having asked: on the warnings channel, and in the log."""

from __future__ import annotations

import sys
import warnings

from horde_sdk.exceptions import HordeWarning
from horde_sdk.harmless_text import one_line
from horde_sdk.horde_logging import logger

LONGEST_WARNING_CHARACTERS = 2000

_PACKAGE = __name__.partition(".")[0]


def warn_visibly(text: str, category: type[HordeWarning] = HordeWarning) -> None:
    """Warn at the line of the program that led here; a horde's words steer no terminal.

    Each call is shown: Python would show a text once per line of code, and remember every text for that.
    """
    text = one_line(text)[:LONGEST_WARNING_CHARACTERS]
    logger.warning("%s", text)
    frame = sys._getframe(1)  # noqa: SLF001 as `warnings` does it: `inspect.currentframe` may be None
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__")):
        frame = frame.f_back
    warnings.warn_explicit(
        text,
        category,
        frame.f_code.co_filename,
        frame.f_lineno,
        module=str(frame.f_globals.get("__name__", _PACKAGE)),
        source=None,
    )


def _is_ours(module: object) -> bool:
    return isinstance(module, str) and module.partition(".")[0] == _PACKAGE
