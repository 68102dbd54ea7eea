"""News and documents in files: what is read, and what is left out (status.md §4.2)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from horde_server.content.documents import MOST_DOCUMENT, DocumentName
from horde_server.content.folder import MOST_FILES, NO_FILES, UnusableFile, newspiece_of, read_folder
from horde_server.content.news import Importance

HEAD = "---\ntitle: Bees\ndate: 2026-12-01\n---\n"


def test_a_head_of_two_fields_is_enough() -> None:
    piece = newspiece_of(f"\ufeff{HEAD}\nText\n\n---\nmore\n")
    assert (piece.title, piece.published_on) == ("Bees", dt.date(2026, 12, 1))
    assert (piece.body, piece.importance, piece.tags) == ("Text\n\n---\nmore", Importance.INFORMATION, ())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "does not begin with a head"),
        ("no head", "does not begin with a head"),
        ("---\ntitle: x\n", "does not begin with a head"),
        ("---\ntitle\n---\nx", "without a colon"),
        ("---\ntitle: x\n---\nx", "no date"),
        ("---\ntitle: x\ndate: tomorrow\n---\nx", "no date"),
        ("---\ntitle: x\ndate: 2026-12-01\nimportance: Huge\n---\nx", "Huge"),
        ("---\ntitle: x\ndate: 2026-12-01\nauthor: bee\n---\nx", "author"),
        ("---\ndate: 2026-12-01\n---\nx", "no title"),
        (HEAD, "no text"),
        (HEAD.replace("Bees", "x" * 201) + "x", "title is more than 200"),
        (HEAD + "x" * 10_001, "text is more than 10000"),
        (HEAD.replace("date", "tags: " + ", ".join("x" * 21) + "\ndate") + "x", "tags is more than 20"),
        (HEAD.replace("date", "urls: " + "x" * 501 + "\ndate") + "x", "longest url is more than 500"),
    ],
)
def test_what_cannot_be_used_says_why(text: str, why: str) -> None:
    with pytest.raises(UnusableFile, match=why):
        newspiece_of(text)


def test_an_unchanged_folder_is_not_read_again(tmp_path: Path) -> None:
    (tmp_path / "terms.md").write_text("Be kind.", "utf-8")
    first = read_folder(tmp_path, NO_FILES)
    assert first.documents == {DocumentName.TERMS: "Be kind."}
    assert read_folder(tmp_path, first) is first
    (tmp_path / "terms.md").write_text("Be very kind.", "utf-8")
    assert read_folder(tmp_path, first).documents == {DocumentName.TERMS: "Be very kind."}


def test_what_is_broken_or_too_large_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "terms.md").write_text("x" * (MOST_DOCUMENT + 1), "utf-8")
    (tmp_path / "privacy.md").write_text(" \n", "utf-8")
    (tmp_path / "sponsors.md").mkdir()
    (tmp_path / "{}.md".format("other")).write_text("x", "utf-8")
    (tmp_path / "news").mkdir()
    for number in range(MOST_FILES + 5):
        (tmp_path / "news" / f"{number:04}.md").write_text(HEAD.replace("Bees", str(number)) + "x", "utf-8")
    found = read_folder(tmp_path, NO_FILES)
    assert found.documents == {}
    assert [piece.title for piece in found.news] == [str(number) for number in range(5, MOST_FILES + 5)]


def test_there_need_be_no_folder(tmp_path: Path) -> None:
    assert read_folder(tmp_path / "none", NO_FILES) is NO_FILES
