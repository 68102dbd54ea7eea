"""Markdown as HTML that is safe in any page: CommonMark with tables; markup in the text is shown, not obeyed."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from markdown_it import MarkdownIt

_SCHEMES: Final = frozenset({"http", "https", "mailto", ""})


def _may_lead_to(url: str) -> bool:
    """Whether a link or picture may have this address: the web, a mail, or a place of the same site."""
    try:
        return urlsplit(url.strip()).scheme.lower() in _SCHEMES
    except ValueError:  # half an IPv6 address
        return False


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    reader.validateLink = _may_lead_to  # type: ignore[method-assign] # documented as the way to do it
    return reader


_READER: Final = _reader()


def to_html(markdown: str) -> str:
    """The text as HTML."""
    return str(_READER.render(markdown))
