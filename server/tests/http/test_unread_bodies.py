"""Bodies that are no JSON are mended where it is clear what was meant, and else refused by their reason."""

from __future__ import annotations

import json

import pytest

from horde_server.errors import UnreadableBody
from horde_server.http.unread_bodies import MOST_SURROGATES, mended, refuse_media_type, why_unread


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (rb'"cut \ud83d"', "cut \ufffd"),
        (rb'"cut \uD83D here"', "cut \ufffd here"),
        (rb'"\udE00 low alone"', "\ufffd low alone"),
        (rb'"\ud83d\ud83d\ude00"', "\ufffd\U0001f600"),
        (rb'"\ude00\ud83d"', "\ufffd\ufffd"),
        (rb'"whole \ud83d\ude00, half \ud83d"', "whole \U0001f600, half \ufffd"),
        (rb'"no escape \\ud83d, one \ud83d"', "no escape \\ud83d, one \ufffd"),
        (rb'"three \\\ud83d"', "three \\\ufffd"),
        (b'"many ' + b"\\" * 1000 + rb'\ud83d"', "many " + "\\" * 500 + "\ufffd"),
        (rb'"plain \\ud83d\ude00"', "plain \\ud83d\ufffd"),
    ],
)
def test_half_of_a_character_becomes_the_replacement_character(body: bytes, text: str) -> None:
    better = mended(body)
    assert better is not None
    assert json.loads(better) == text


@pytest.mark.parametrize("body", [b"{}", rb'"\ud83d\ude00"', rb'"\\ud83d"', b'"x', b""])
def test_what_needs_no_mending_is_left_alone(body: bytes) -> None:
    assert mended(body) is None


def test_a_byte_order_mark_is_dropped() -> None:
    assert mended(b'\xef\xbb\xbf{"a": 1}') == b'{"a": 1}'


def test_more_halves_than_anybody_means_are_not_looked_at() -> None:
    assert mended(b'"' + rb"\ud83d" * (MOST_SURROGATES + 2) + b'"') is None


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, "send the header `Content-Type: application/json`"),
        ({"content-type": "application/x-www-form-urlencoded"}, "as a form"),
        ({"content-type": "multipart/form-data; boundary=x"}, "as a form"),
        ({"content-type": "text/plain; charset=utf-8"}, "It came as text/plain:"),
        ({"content-type": "a" * 500 + "\x1b[31m"}, "It came as " + "a" * 80 + ":"),
    ],
)
def test_a_body_that_is_not_said_to_be_json_is_told_so(headers: dict[str, str], words: str) -> None:
    with pytest.raises(UnreadableBody) as caught:
        refuse_media_type(headers)
    assert words in caught.value.message
    assert caught.value.message.startswith("The body must be a JSON object sent with a JSON content type.")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b" \n", "is empty"),
        (b"\x1f\x8b\x08\x00", "compressed"),
        ('{"a": 1}'.encode("utf-16"), "UTF-16"),
        ('{"a": 1}'.encode("utf-32-be"), "UTF-16 or UTF-32"),
        (b'{"prompt": "caf\xe9"}', "not UTF-8: see byte 16"),
        (b"prompt=a+lighthouse&n=1", "looks like a form"),
        (b"{'prompt': 'a'}", "double quotes (line 1, column 2)"),
        (b'{"prompt" 1}', "not JSON: expected value (line 1, column 2)"),
    ],
)
def test_the_reason_is_told(body: bytes, words: str) -> None:
    assert words in why_unread(body, "expected value at line 1 column 2")


def test_compression_is_told_by_the_header_too() -> None:
    assert "compressed" in why_unread(b"\x8b\x00", "expected value at line 1 column 1", "br")
