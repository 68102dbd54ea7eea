"""Runs with the published ollama package: lets a model call a function, and tells what came of it as JSON.

Arguments: the horde's address, a key, a model whose worker has tools.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import ollama  # type: ignore[import-not-found] # of its own place

HOST, KEY, MODEL = sys.argv[1:]


def larger(a: int, b: int) -> int:
    """The larger of two numbers.

    Args:
        a: One.
        b: The other.
    """
    return max(a, b)


def main() -> None:
    client = ollama.Client(host=HOST, headers={"Authorization": f"Bearer {KEY}"})
    messages: list[Any] = [{"role": "user", "content": "Which is larger, 3 or 7?"}]
    pieces = list(client.chat(MODEL, messages, tools=[larger], stream=True))
    calls = [call for piece in pieces for call in piece.message.tool_calls or ()]
    found = [larger(**call.function.arguments) for call in calls]
    messages += [
        {"role": "assistant", "content": "", "tool_calls": calls},
        {"role": "tool", "tool_name": calls[0].function.name, "content": str(found[0])},
    ]
    last = client.chat(MODEL, messages, tools=[larger])
    told = {
        "capabilities": client.show(MODEL).capabilities,
        "called": [call.function.name for call in calls],
        "found": found,
        "answer": last.message.content,
    }
    print(json.dumps(told))


main()
