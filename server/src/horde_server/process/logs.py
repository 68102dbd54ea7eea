"""Log lines are events with fields, on standard error; no prompts, keys or addresses in clear."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog

from horde_sdk.harmless_text import harmless, printable

_HIDDEN = re.compile(
    r"(?P<userinfo>(?<=://)[^\s/@]+@)"  # of a URL
    r"|(?P<password>(?<=password=)\S+)"
    r"|\b(?:\d{1,3}\.){3}\d{1,3}\b"
    r"|(?<![\w:])(?=[0-9a-fA-F:]*::|(?:[0-9a-fA-F]+:){7})[0-9a-fA-F:]{3,39}(?:%\w+)?(?![\w:])"  # IPv6
    r"|(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{22}(?![\w-])"  # a key of ours
)


class LibraryLines(logging.Handler):
    """Takes what libraries log, and says it as we say things: `library.said`, without addresses and keys."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say it."""
        try:
            text = record.getMessage()
        except (TypeError, ValueError):  # arguments that do not fit their text: a mistake of the library
            text = str(record.msg)
        error = record.exc_info if record.exc_info and record.exc_info[0] is not None else None
        structlog.get_logger().log(
            record.levelno, "library.said", library=record.name, text=hidden(text), exc_info=error
        )


def hidden(text: str) -> str:
    """The text without what looks like an address, a password or a key."""
    return _HIDDEN.sub("…", text)


def configure_logs(level: int = logging.INFO) -> None:
    """Readable lines at a terminal, JSON lines elsewhere; of libraries only their warnings and errors."""
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
    logging.captureWarnings(capture=True)
    root = logging.getLogger()
    root.handlers = [LibraryLines(level=max(level, logging.WARNING))]
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # of connections that fail and die `database.…` tells, once


def _with_harmless_fields(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """What strangers chose, such as names of workers, neither steers the terminal nor makes lines of its own."""
    return {
        name: printable(value) if name == "exception" and isinstance(value, str) else harmless(value)
        for name, value in event.items()
    }
