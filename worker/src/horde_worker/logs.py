"""Log lines: events with fields on standard error; no prompts and no keys, and nothing that steers a terminal."""

from __future__ import annotations

# isort: off
from horde_worker import structlog_without_rich  # noqa: F401  # before all that log
# isort: on

import logging
import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import structlog

from horde_sdk.harmless_text import harmless

Listener: TypeAlias = Callable[[Mapping[str, Any]], None]


def configure_logs(*, as_json: bool, listener: Listener | None = None, is_silent: bool = False) -> None:
    """Lines for people, or JSON lines, in which whatever is odd is written as an escape anyway.

    Args:
        listener: Hears every event before it is written.
        is_silent: Write nothing, as where a screen shows what the listener heard.
    """
    renderers: list[structlog.typing.Processor] = [structlog.processors.JSONRenderer()]
    if is_silent:
        renderers = [_dropped]
    elif not as_json:
        renderers = [_with_harmless_fields, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([_told_to(listener)] if listener else []),
            *renderers,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _told_to(listener: Listener) -> structlog.typing.Processor:
    def tell(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        listener(event)
        return event

    return tell


def _dropped(_logger: Any, _method: str, _event: structlog.typing.EventDict) -> str:
    raise structlog.DropEvent


def _with_harmless_fields(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """What hordes say stands in one line, whatever is in it, and is cut where it is endless."""
    return {name: harmless(value) for name, value in event.items()}
