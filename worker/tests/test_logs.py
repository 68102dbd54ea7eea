"""What hordes say is harmless in the log, and what writes it is small."""

from __future__ import annotations

import subprocess
import sys

import structlog

from horde_sdk.harmless_text import MAX_FIELD_CHARACTERS, harmless
from horde_worker.structlog_without_rich import load


def test_every_text_in_a_field_stands_in_one_line() -> None:
    """Names within lists and objects too, and what is no text stays as it is."""
    said = harmless({"a\nb": ["c\u202ed", ("e\x1b",)], "f": 1.5})
    assert said == {"a\\nb": ["c\\u202ed", ["e\\u001b"]], "f": 1.5}


def test_endless_texts_are_cut() -> None:
    """A message of a megabyte is not read by anybody."""
    assert harmless("x" * 1_000_000) == "x" * MAX_FIELD_CHARACTERS + "…"


def test_a_worker_loads_neither_rich_nor_pillow_before_it_needs_them() -> None:
    """It is to be small while it waits; rich itself stays there for who wants it."""
    asked = (
        "import sys, horde_worker.run, horde_worker.kinds.image.kind, horde_worker.kinds.text.kind\n"
        "print([one for one in ('rich', 'PIL', 'numpy') if one in sys.modules])\n"
        "import rich"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_structlog_that_is_loaded_already_stays_as_it_is() -> None:
    """Whatever it has loaded."""
    modules = {"structlog": structlog}
    assert not load(modules)
    assert list(modules) == ["structlog"]
