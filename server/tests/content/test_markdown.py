"""Markdown as HTML: what is shown, and that nothing in it acts (status.md §5.4)."""

from __future__ import annotations

import pytest

from horde_server.content.markdown import to_html


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("# Bees\n\nAre **welcome**.", "<h1>Bees</h1>\n<p>Are <strong>welcome</strong>.</p>\n"),
        ("[there](https://example.org/?a=1&b=2)", '<p><a href="https://example.org/?a=1&amp;b=2">there</a></p>\n'),
        ("[mail](mailto:bee@example.org)", '<p><a href="mailto:bee@example.org">mail</a></p>\n'),
        ("[here](/api/)", '<p><a href="/api/">here</a></p>\n'),
        ("a & b < c", "<p>a &amp; b &lt; c</p>\n"),
    ],
)
def test_what_is_written_is_shown(markdown: str, html: str) -> None:
    assert to_html(markdown) == html


def test_tables_are_tables() -> None:
    assert "<td>honey</td>" in to_html("| what |\n|---|\n| honey |")


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "text <img src=x onerror=alert(1)> text",
        "<iframe src='https://example.org'></iframe>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](java\tscript:alert(1))",
        "[x](vbscript:msgbox(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "![x](data:image/svg+xml;base64,PHN2Zz4=)",
        "![x](file:///etc/passwd)",
        "<javascript:alert(1)>",
        "[x]: javascript:alert(1)\n\n[x]",
        "[x](https://[)",
        '[x](https://example.org "onmouseover=alert(1)\\" onclick=\\"alert(1)")',
    ],
)
def test_nothing_in_it_acts(hostile: str) -> None:
    """Read as a page would read it: no element but those of Markdown, no address but of the web."""
    from html.parser import HTMLParser

    found: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, dict(attrs)))

    Reader().feed(to_html(hostile))
    for tag, attributes in found:
        assert tag in ("p", "a", "img")
        assert attributes.keys() <= {"href", "src", "alt", "title"}
        for name in ("href", "src"):
            assert (attributes.get(name) or "https:").startswith("https:")
