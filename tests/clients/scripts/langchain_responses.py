"""Runs with the published langchain-openai package over responses, and tells what it got as JSON.

Arguments: the horde's address, a key, a model that is served.
"""

from __future__ import annotations

import json
import sys

import openai  # type: ignore[import-not-found] # of its own place
from langchain_openai import ChatOpenAI  # type: ignore[import-not-found] # of its own place

HOST, KEY, MODEL = sys.argv[1:]
ASK = [("system", "You tell of ships."), ("human", "Tell me of a ship.")]


def chat(model: str) -> ChatOpenAI:
    """A chat model that asks for responses."""
    return ChatOpenAI(base_url=f"{HOST}/v1", api_key=KEY, model=model, use_responses_api=True, max_tokens=400)


def main() -> None:
    whole = chat(MODEL).invoke(ASK)
    pieces = list(chat(MODEL).stream(ASK))
    total = pieces[0]
    for piece in pieces[1:]:
        total += piece
    try:
        chat("no-such-model").invoke(ASK)
        unknown = ""
    except openai.NotFoundError as error:
        unknown = str(error.code)
    print(
        json.dumps(
            {
                "whole": whole.text,
                "usage": whole.usage_metadata,
                "streamed": total.text,
                "stream_usage": total.usage_metadata,
                "unknown": unknown,
            }
        )
    )


main()
