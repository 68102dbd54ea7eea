"""Log lines: events with fields on standard error; no prompts and no keys, and nothing that steers a terminal."""

from __future__ import annotations

# isort: off
from horde_worker import structlog_without_rich  # noqa: F401  # before all that log
# isort: on

import logging
import sys
from typing import Any

import structlog

from horde_sdk.harmless_text import harmless


def configure_logs(*, as_json: bool) -> None:
    """Lines for people, or JSON lines, in which whatever is odd is written as an escape anyway."""
    renderers: list[structlog.typing.Processor] = [structlog.processors.JSONRenderer()]
    if not as_json:
        renderers = [_with_harmless_fields, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *renderers,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _with_harmless_fields(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """What hordes say stands in one line, whatever is in it, and is cut where it is endless."""
    return {name: harmless(value) for name, value in event.items()}
