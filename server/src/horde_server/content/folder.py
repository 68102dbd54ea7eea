"""News and documents as Markdown files in a folder: `news/*.md` with a head of fields, `terms.md` and the like.

    ---
    title: Bees
    date: 2026-12-01
    importance: Workers
    tags: bees, honey
    urls: https://example.org/bees
    ---
    Bees are **welcome**.

What cannot be read is told in the log, once for each state of the folder, and left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

import structlog

from horde_server.content.documents import MOST_DOCUMENT, DocumentName
from horde_server.content.news import (
    MOST_BODY,
    MOST_TAG,
    MOST_TAGS,
    MOST_TITLE,
    MOST_URL,
    MOST_URLS,
    Importance,
    Newspiece,
)

log = structlog.get_logger(__name__)

MOST_FILES: Final = 500
"""Of news: those with the last names, which begin with dates mostly."""
_MOST_BYTES: Final = 4 * MOST_DOCUMENT
_FENCE: Final = "---"

Stamp: TypeAlias = tuple[tuple[str, int, int], ...]
"""Names, sizes and times of the files: what is equal need not be read again."""


class UnusableFile(ValueError):
    """A file of news or a document that cannot be used; the message says why."""


class Files(NamedTuple):
    """What a folder says."""

    stamp: Stamp
    news: tuple[Newspiece, ...]
    documents: dict[DocumentName, str]


NO_FILES: Final = Files((), (), {})


def read_folder(folder: Path, known: Files) -> Files:
    """What the files say; `known` itself where none was changed since. Reads disks: call it in a thread."""
    paths = list(_paths(folder))
    stamp = tuple((str(path), stat.st_size, stat.st_mtime_ns) for path in paths if (stat := path.stat()))
    if stamp == known.stamp:
        return known
    news: list[Newspiece] = []
    documents: dict[DocumentName, str] = {}
    for path in paths:
        try:
            text = _text_of(path)
            if path.parent.name == "news":
                news.append(newspiece_of(text))
            else:
                documents[DocumentName(path.stem)] = text
        except (OSError, ValueError) as error:
            log.warning("content.unusable_file", file=path.name, reason=str(error))
    return Files(stamp, tuple(news), documents)


def newspiece_of(text: str) -> Newspiece:
    """The piece of news that a file holds. Raises `UnusableFile`."""
    first, *lines = text.lstrip("\ufeff").splitlines() or [""]
    if first.strip() != _FENCE or _FENCE not in map(str.strip, lines):
        raise UnusableFile(f"it does not begin with a head between lines of {_FENCE}")
    end = list(map(str.strip, lines)).index(_FENCE)
    head = dict(map(_field, filter(str.strip, lines[:end])))
    if unknown := head.keys() - {"title", "date", "importance", "tags", "urls"}:
        raise UnusableFile(f"its head has a field that is not known: {min(unknown)}")
    try:
        published = dt.date.fromisoformat(head.get("date", ""))
        importance = Importance(head.get("importance", Importance.INFORMATION))
    except ValueError as error:
        raise UnusableFile(f"its head has no date like 2026-12-01, or a strange importance: {error}") from None
    piece = Newspiece(
        published,
        head.get("title", ""),
        "\n".join(lines[end + 1 :]).strip(),
        importance,
        _items(head.get("tags", "")),
        _items(head.get("urls", "")),
    )
    _check(piece)
    return piece


def _check(piece: Newspiece) -> None:
    for what, found, most in (
        ("title", len(piece.title), MOST_TITLE),
        ("text", len(piece.body), MOST_BODY),
        ("tags", len(piece.tags), MOST_TAGS),
        ("urls", len(piece.urls), MOST_URLS),
        ("longest tag", max(map(len, piece.tags), default=0), MOST_TAG),
        ("longest url", max(map(len, piece.urls), default=0), MOST_URL),
    ):
        if found > most:
            raise UnusableFile(f"its {what} is more than {most}")
    if not piece.title or not piece.body:
        raise UnusableFile("it has no title or no text")


def _field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise UnusableFile(f"its head has a line without a colon: {line[:60]}")
    return name.strip().lower(), value.strip()


def _items(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.strip("[]").split(",") if item.strip())


def _text_of(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(_MOST_BYTES + 1)
    text = content.decode("utf-8").replace("\0", "")
    if len(text) > MOST_DOCUMENT:
        raise UnusableFile(f"it has more than {MOST_DOCUMENT} characters")
    if not text.strip():
        raise UnusableFile("it is empty")
    return text


def _paths(folder: Path) -> Iterator[Path]:
    for name in DocumentName:
        if (path := folder / f"{name}.md").is_file():
            yield path
    yield from sorted(path for path in (folder / "news").glob("*.md") if path.is_file())[-MOST_FILES:]
