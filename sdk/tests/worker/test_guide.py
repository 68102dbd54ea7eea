"""The examples of the guide for authors of workers run, in the order in which they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[3] / "docs" / "sdk" / "guides" / "generations.md"


@pytest.mark.skipif(not GUIDE.exists(), reason="the SDK is tested apart from its repository")
def test_examples_of_the_guide_run() -> None:
    examples = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    names: dict[str, object] = {"__name__": "guide"}

    assert len(examples) == 7
    for example in examples:
        exec(compile(example, str(GUIDE), "exec"), names)
