"""Options of in-process backends: read by type, refused in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.in_process.extras import need_extra
from horde_worker.backends.in_process.options import MOST_NAMES, Options
from horde_worker.backends.interface import BackendSettings


def options(**given: Any) -> Options:
    """Of a backend called `easel`."""
    return Options(BackendSettings("easel", given))


def test_what_is_left_out_has_its_default() -> None:
    """Of every type."""
    none = options()
    assert none.whole_number("n", 3, least=1, most=5) == 3
    assert none.number("x", 0.5, least=0, most=1) == 0.5
    assert (none.flag("f"), none.word("w", ("a", "b")), none.words("l")) == (False, "a", ())
    assert (none.path("p"), none.paths("ps")) == (None, {})


def test_what_is_given_is_read(tmp_path: Path) -> None:
    """Numbers also from the text of a command line."""
    given = options(n="4", x=1, f=True, w="b", l="cuda:0", ls=["a", "b"], p=str(tmp_path), ps={"m": tmp_path})
    assert given.whole_number("n", 3, least=1, most=5) == 4
    assert given.number("x", 0.5, least=0, most=1) == 1.0
    assert given.flag("f")
    assert given.word("w", ("a", "b")) == "b"
    assert (given.words("l"), given.words("ls")) == (("cuda:0",), ("a", "b"))
    assert (given.path("p"), given.paths("ps")) == (tmp_path, {"m": tmp_path})


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (6, lambda o: o.whole_number("it", 3, least=1, most=5)),
        (True, lambda o: o.whole_number("it", 3, least=1, most=5)),
        ("many", lambda o: o.whole_number("it", 3, least=1, most=5)),
        (1.5, lambda o: o.number("it", 0.5, least=0, most=1)),
        ("yes", lambda o: o.flag("it")),
        ("c", lambda o: o.word("it", ("a", "b"))),
        ([1], lambda o: o.words("it")),
        (["x"] * (MOST_NAMES + 1), lambda o: o.words("it")),
        (7, lambda o: o.path("it")),
        ("/tmp", lambda o: o.paths("it")),
        ({1: "/tmp"}, lambda o: o.paths("it")),
        ({str(n): "/tmp" for n in range(MOST_NAMES + 1)}, lambda o: o.paths("it")),
    ],
)
def test_what_makes_no_sense_is_named_and_not_shown(value: Any, read: Callable[[Options], Any]) -> None:
    """A key might stand there by mistake."""
    with pytest.raises(BackendFailure, match=r"the option 'it' of the backend easel (is|maps) ") as failure:
        read(options(it=value))
    assert "many" not in str(failure.value)


def test_a_path_that_is_not_there_is_shown() -> None:
    """Otherwise nobody finds the slip of the pen."""
    with pytest.raises(BackendFailure, match=r"/no/such, the option 'models.m' of the backend easel, is not there"):
        options(models={"m": "/no/such"}).paths("models")


def test_an_extra_that_is_missing_is_told_with_its_command() -> None:
    """And which of its modules."""
    need_extra("easel", "json")
    with pytest.raises(BackendFailure, match=r"needs no_such_module: .*pip install 'openhorde-worker\[easel\]'"):
        need_extra("easel", "json", "no_such_module")
