"""Log lines are events with fields, on standard error; no prompts, keys or addresses in clear."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from horde_sdk.command_line.terminal import harmless, printable


def configure_logs(level: int = logging.INFO) -> None:
    """Readable lines at a terminal, JSON lines elsewhere."""
    renderers: list[structlog.typing.Processor] = [structlog.processors.JSONRenderer()]
    if sys.stderr.isatty():
        renderers = [_with_harmless_fields, structlog.dev.ConsoleRenderer()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            *renderers,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _with_harmless_fields(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """What strangers chose, such as names of workers, neither steers the terminal nor makes lines of its own."""
    return {
        name: printable(value) if name == "exception" and isinstance(value, str) else harmless(value)
        for name, value in event.items()
    }
