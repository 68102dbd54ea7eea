"""Runs with the published anthropic package: lists, counts, writes messages, and tells what it got as JSON.

Arguments: the horde's address, a key, a model that is served, one that is known and served by nobody, one that calls
tools.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import anthropic  # type: ignore[import-not-found] # of its own place

HOST, KEY, MODEL, ABSENT, CALLER = sys.argv[1:]
HELLO: list[Any] = [{"role": "user", "content": "Tell me of a ship."}]
TOOL: Any = {
    "name": "weather",
    "description": "The weather at a place.",
    "input_schema": {"type": "object", "properties": {"place": {"type": "string"}}},
}


def refused(client: anthropic.Anthropic, **body: Any) -> list[object]:
    """What a message that is refused raises."""
    try:
        client.messages.create(**{"model": MODEL, "messages": HELLO, "max_tokens": 24, **body})
    except anthropic.APIStatusError as error:
        return [type(error).__name__, error.status_code, error.message, error.request_id]
    return ["", 200, "", ""]


def streamed(client: anthropic.Anthropic) -> dict[str, Any]:
    """A stream by the helper, which puts the message together."""
    with client.messages.stream(model=MODEL, messages=HELLO, max_tokens=24) as stream:
        text = "".join(stream.text_stream)
        message = stream.get_final_message()
    return {"text": text, "same": message.content[0].text == text, "reason": message.stop_reason}


def raw_events(client: anthropic.Anthropic) -> list[str]:
    """The names of the events of a stream."""
    return [event.type for event in client.messages.create(model=MODEL, messages=HELLO, max_tokens=24, stream=True)]


def tool_round(client: anthropic.Anthropic) -> dict[str, Any]:
    """A tool is called, in a stream, and its result sent back."""
    with client.messages.stream(model=CALLER, messages=HELLO, max_tokens=64, tools=[TOOL]) as stream:
        asked = stream.get_final_message()
    call = asked.content[-1]
    result: list[Any] = [
        *HELLO,
        {"role": "assistant", "content": asked.content},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "rain"}]},
    ]
    told = client.messages.create(model=CALLER, messages=result, max_tokens=64, tools=[TOOL])
    return {"reason": asked.stop_reason, "name": call.name, "input": call.input, "told": told.content[0].text}


def given_up(client: anthropic.Anthropic) -> str:
    """The first event while nobody serves; then the client closes the stream."""
    with client.messages.create(model=ABSENT, messages=HELLO, max_tokens=24, stream=True) as stream:
        return str(next(iter(stream)).type)


async def asynchronously() -> str:
    """A message by the asynchronous client."""
    client = anthropic.AsyncAnthropic(base_url=HOST, api_key=KEY)
    message = await client.messages.create(model=MODEL, messages=HELLO, max_tokens=24, system="You tell of ships.")
    return str(message.content[0].text)


def main() -> None:
    client = anthropic.Anthropic(base_url=HOST, api_key=KEY)
    whole = client.messages.create(
        model=MODEL,
        messages=[*HELLO, {"role": "assistant", "content": "The ship"}],
        max_tokens=24,
        extra_body={"top_k": 40},
    )
    stranger = anthropic.Anthropic(base_url=HOST, api_key="nobody-has-this-key-00")
    print(
        json.dumps(
            {
                "models": [model.id for model in client.models.list(limit=1)],
                "model": client.models.retrieve(MODEL).display_name,
                "counted": client.messages.count_tokens(model=MODEL, messages=HELLO).input_tokens,
                "whole": whole.content[0].text,
                "answered_by": whole.model,
                "usage": [whole.usage.input_tokens, whole.usage.output_tokens],
                "request_id": whole._request_id,
                "stream": streamed(client),
                "events": raw_events(client),
                "async": asyncio.run(asynchronously()),
                "tools": tool_round(client),
                "no_tools": refused(client, tools=[TOOL]),
                "unknown_model": refused(client, model="no-such-model"),
                "bad": refused(client, messages=[]),
                "hopeless": refused(client, model=ABSENT),
                "wrong_key": refused(stranger),
                "given_up": given_up(client),
            }
        )
    )


main()
