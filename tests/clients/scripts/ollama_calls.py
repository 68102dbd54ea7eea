"""Runs with the published ollama package: lists, shows, chats and generates, and tells what it got as JSON.

Arguments: the horde's address, a key, a model that is served, one that is known and served by nobody.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import ollama  # type: ignore[import-not-found] # of its own place

HOST, KEY, MODEL, ABSENT = sys.argv[1:]
HELLO = [{"role": "system", "content": "You tell of ships."}, {"role": "user", "content": "Tell me of a ship."}]
SHORT = {"num_predict": 24, "temperature": 0.7, "stop": ["###"], "num_ctx": 512, "seed": 3}


def refused(client: ollama.Client, **body: Any) -> list[object]:
    """Status and sentence of a chat that is refused."""
    try:
        client.chat(messages=HELLO, **body)
    except ollama.ResponseError as error:
        return [error.status_code, error.error]
    return [200, ""]


def given_up(client: ollama.Client) -> int:
    """How many empty pieces came while nobody served, before the client closed the stream."""
    pieces = 0
    stream = client.chat(ABSENT, HELLO, stream=True)
    for piece in stream:
        pieces += piece.message.content == ""
        break
    stream.close()
    return pieces


async def asynchronously() -> str:
    """A stream by the asynchronous client."""
    client = ollama.AsyncClient(host=HOST, headers={"Authorization": f"Bearer {KEY}"})
    stream = await client.generate(MODEL, "The harbour", stream=True, options=SHORT)
    return "".join([piece.response async for piece in stream])


def main() -> None:
    client = ollama.Client(host=HOST, headers={"Authorization": f"Bearer {KEY}"})
    stream = list(client.chat(MODEL, HELLO, stream=True, options=SHORT))
    whole = client.chat(MODEL, HELLO, options=SHORT)
    raw = client.generate(MODEL, "Once upon a time", raw=True, options=SHORT)
    shown = client.show(MODEL)
    print(
        json.dumps(
            {
                "models": [model.model for model in client.list().models],
                "loaded": [model.model for model in client.ps().models],
                "capabilities": shown.capabilities,
                "context": [value for name, value in shown.modelinfo.items() if name.endswith("context_length")],
                "pulled": client.pull(MODEL).status,
                "loads": client.generate(MODEL, "").done_reason,
                "stream": "".join(piece.message.content or "" for piece in stream),
                "stream_done": [piece.done for piece in stream],
                "whole": whole.message.content,
                "role": whole.message.role,
                "reason": whole.done_reason,
                "figures": [whole.total_duration, whole.prompt_eval_count, whole.eval_count, whole.eval_duration],
                "raw": raw.response,
                "async": asyncio.run(asynchronously()),
                "by_tag": client.chat(f"{MODEL}:latest", HELLO, options=SHORT).done,
                "by_path": ollama.Client(host=f"{HOST}/k/{KEY}").chat(MODEL, HELLO, options=SHORT).done,
                "unknown_model": refused(client, model="no-such-model"),
                "tools": refused(client, model=MODEL, tools=[max_of]),
                "wrong_key": refused(
                    ollama.Client(host=HOST, headers={"Authorization": "Bearer nobody-has-this-key-00"}), model=MODEL
                ),
                "given_up": given_up(client),
            }
        )
    )


def max_of(a: int, b: int) -> int:
    """The larger of two numbers.

    Args:
        a: One.
        b: The other.
    """
    return max(a, b)


main()
