"""YAML is read as text with lines, within limits, and never quoted in errors."""

from __future__ import annotations

import pytest

from horde_worker.configuration.yaml_text import MAX_VALUES, Plain, UnreadableFile, parse, resolved


def test_values_stay_as_they_were_written() -> None:
    """YAML would make 0 of the anonymous key, and 79200 of an hour of the day."""
    tree = parse("api_key: 0000000000\nschedule: 22:00\nempty:\nquoted: 'no'\nplain: no\n")
    assert tree.values == {
        "api_key": "0000000000",
        "schedule": "22:00",
        "empty": None,
        "quoted": "no",
        "plain": "no",
    }
    assert isinstance(tree.values["plain"], Plain)
    assert not isinstance(tree.values["quoted"], Plain)


def test_every_value_knows_its_line() -> None:
    """In sections and lists too; what is not there has the line of what is around it."""
    tree = parse("a: 1\n\nb:\n  c:\n    - x\n    - y\n")
    assert [tree.line(path) for path in (("a",), ("b",), ("b", "c"), ("b", "c", 1))] == [1, 3, 4, 6]
    assert tree.line(("b", "nothing")) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\na: 2", "line 2: 'a' stands here for the second time"),
        ("a: [1", "line 1"),
        ("- a", "line 1: settings are lines"),
        ("just words", "line 1: settings are lines"),
        ("? [a]\n: b", "line 1: a key is a word"),
        ("\x00", "no YAML"),
    ],
)
def test_what_is_no_settings_is_refused_with_its_line(text: str, said: str) -> None:
    """Without quoting what stands there."""
    with pytest.raises(UnreadableFile, match=said):
        parse(text)


def test_an_error_quotes_nothing() -> None:
    """A key may stand in the broken line."""
    with pytest.raises(UnreadableFile) as caught:
        parse('api_key: "secret-key-of-mine\nname: x')
    assert "secret" not in str(caught.value)


def test_a_small_file_cannot_become_a_large_one() -> None:
    """Names that stand for others count each time."""
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "\n".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]" for before, name in zip("abcdefg", "bcdefgh", strict=True)
    )
    with pytest.raises(UnreadableFile, match="too many values"):
        parse(bomb)
    with pytest.raises(UnreadableFile, match="too many values"):
        parse("a:\n" + "  - 1\n" * (MAX_VALUES + 1))
    with pytest.raises(UnreadableFile):
        parse("a: " + "[" * 5000)
    with pytest.raises(UnreadableFile, match="characters"):
        parse("#" * (1024 * 1024 + 1))


def test_options_of_foreign_backends_are_read_as_yaml_would() -> None:
    """Where no schema says what they are; what is quoted stays text."""
    tree = parse("a: 4096\nb: 0.5\nc: on\nd: '7'\ne: [1, x]\nf: {g: no}\nh: 007\n")
    assert resolved(tree.values) == {
        "a": 4096, "b": 0.5, "c": True, "d": "7", "e": [1, "x"], "f": {"g": False}, "h": "007",
    }  # fmt: skip
