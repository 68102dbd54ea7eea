"""docs/moderation.md: every call in it is made as it stands there, and answered as it says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from hordes import Horde

GUIDE = (Path(__file__).parents[3] / "docs/moderation.md").read_text("utf-8")


class Example(NamedTuple):
    """A call, and what of its answer is shown."""

    method: str
    path: str
    body: str | None
    status: int
    answer: Any


def examples() -> list[Example]:
    """Those of all ```http blocks, in their order."""
    found = []
    for block in re.findall(r"```http\n(.*?)```", GUIDE, re.DOTALL):
        for method, path, body, status, answer in re.findall(
            r"^([A-Z]+) (\S+)\n(\{.*\}\n)?→ (\d+) (.+)$", block, re.MULTILINE
        ):
            found.append(Example(method, path, body or None, int(status), json.loads(answer)))
        assert block.count("→") == len(re.findall(r"^→ ", block, re.MULTILINE))
    return found


def shown(answer: Any, wanted: Any) -> Any:
    """The part of an answer that the guide shows."""
    if isinstance(wanted, list):
        assert len(answer) == len(wanted)
        return [shown(*pair) for pair in zip(answer, wanted, strict=True)]
    if isinstance(wanted, dict):
        return {name: shown(answer.get(name), value) for name, value in wanted.items()}
    return answer


async def test_every_call_in_the_guide_is_answered_as_it_says(horde: Horde) -> None:
    mod = await horde.account("mod", moderator=True)
    assert len(examples()) == GUIDE.count("→") > 12
    for example in examples():
        answer = await horde.client.request(
            example.method,
            example.path,
            headers={"apikey": mod.api_key, "Content-Type": "application/json"},
            content=example.body,
        )
        assert answer.status_code == example.status, (example, answer.text)
        assert shown(answer.json(), example.answer) == example.answer
