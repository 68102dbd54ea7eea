"""Examples in docstrings do what they show."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import horde_sdk

PACKAGE = Path(horde_sdk.__file__).parent
WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if "        >>> " in path.read_text(encoding="utf-8")
)


def test_there_are_examples() -> None:
    assert "horde_sdk.generation_parameters.image.parameters" in WITH_EXAMPLES


@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_examples_do_what_they_show(module: str) -> None:
    result = doctest.testmod(import_module(module))

    assert result.attempted > 0
    assert result.failed == 0
