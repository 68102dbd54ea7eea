"""Runs with the published openai package: responses, whole and streamed, and tells what it got as JSON.

Arguments: the horde's address, a key, a model that is served, one that is known and served by nobody, one that calls
functions.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import openai  # type: ignore[import-not-found] # of its own place

HOST, KEY, MODEL, ABSENT, CALLER = sys.argv[1:]
ASK = "Tell me of a ship."
TOOL: Any = {
    "type": "function",
    "name": "weather",
    "parameters": {"type": "object", "properties": {"place": {"type": "string"}}, "additionalProperties": False},
    "strict": False,
}


def refused(client: openai.OpenAI, **body: Any) -> list[object]:
    """What a response that is refused raises."""
    try:
        client.responses.create(**{"model": MODEL, "input": ASK, **body})
    except openai.APIStatusError as error:
        return [type(error).__name__, error.status_code, error.code, error.param]
    return ["", 200, "", ""]


def streamed(client: openai.OpenAI) -> dict[str, Any]:
    """A stream by the helper, which puts the response together."""
    text, kinds = "", []
    with client.responses.stream(model=MODEL, input=ASK, max_output_tokens=400) as stream:
        for event in stream:
            kinds.append(event.type)
            if event.type == "response.output_text.delta":
                text += event.delta
        response = stream.get_final_response()
    return {"text": text, "same": response.output_text == text, "kinds": kinds, "status": response.status}


def called(client: openai.OpenAI) -> dict[str, Any]:
    """A function is called, in a stream, and its result sent back."""
    with client.responses.stream(model=CALLER, input=ASK, tools=[TOOL]) as stream:
        for _ in stream:
            pass
        response = stream.get_final_response()
    call = response.output[-1]
    items: list[Any] = [
        {"role": "user", "content": ASK},
        *[item.model_dump() for item in response.output],
        {"type": "function_call_output", "call_id": call.call_id, "output": "rain"},
    ]
    told = client.responses.create(model=CALLER, input=items, tools=[TOOL])
    return {"name": call.name, "arguments": json.loads(call.arguments), "told": told.output_text}


def given_up(client: openai.OpenAI) -> str:
    """The first event while nobody serves; then the client closes the stream."""
    with client.responses.create(model=ABSENT, input=ASK, stream=True) as stream:
        return str(next(iter(stream)).type)


async def asynchronously() -> str:
    """A response by the asynchronous client."""
    client = openai.AsyncOpenAI(base_url=f"{HOST}/v1", api_key=KEY)
    ask = {"model": MODEL, "input": ASK, "instructions": "You tell of ships.", "max_output_tokens": 400}
    return str((await client.responses.create(**ask)).output_text)


def main() -> None:
    client = openai.OpenAI(base_url=f"{HOST}/v1", api_key=KEY)
    whole = client.responses.create(
        model=MODEL, input=[{"role": "user", "content": ASK}], metadata={"a": "b"}, max_output_tokens=400
    )
    stranger = openai.OpenAI(base_url=f"{HOST}/v1", api_key="nobody-has-this-key-00")
    print(
        json.dumps(
            {
                "whole": whole.output_text,
                "status": whole.status,
                "metadata": whole.metadata,
                "usage": [whole.usage.input_tokens, whole.usage.output_tokens],
                "stream": streamed(client),
                "async": asyncio.run(asynchronously()),
                "called": called(client),
                "no_tools": refused(client, tools=[TOOL]),
                "unknown_model": refused(client, model="no-such-model"),
                "memory": refused(client, previous_response_id="resp_1"),
                "wrong_key": refused(stranger),
                "given_up": given_up(client),
            }
        )
    )


main()
