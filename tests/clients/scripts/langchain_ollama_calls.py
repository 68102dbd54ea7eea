"""Runs with the published langchain-ollama: asks and streams, and tells what it got as JSON.

Arguments: the horde's address, a key, a model that is served.
"""

from __future__ import annotations

import json
import sys

from langchain_ollama import ChatOllama, OllamaLLM  # type: ignore[import-not-found] # of its own place

HOST, KEY, MODEL = sys.argv[1:]


def main() -> None:
    headers = {"headers": {"Authorization": f"Bearer {KEY}"}}
    chat = ChatOllama(base_url=HOST, model=MODEL, num_predict=24, seed=1, client_kwargs=headers)
    whole = chat.invoke("Tell me of a ship.")
    streamed = [piece.content for piece in chat.stream([("system", "Tell of ships."), ("human", "Hello")])]
    plain = OllamaLLM(base_url=HOST, model=MODEL, num_predict=24, seed=1, client_kwargs=headers)
    try:
        ChatOllama(base_url=HOST, model="no-such-model", client_kwargs=headers).invoke("Hello")
        unknown = ""
    except Exception as error:  # noqa: BLE001 which it is, is the library's business
        unknown = str(error)
    told = {
        "whole": whole.content,
        "model": whole.response_metadata["model"],
        "usage": whole.usage_metadata,
        "streamed": "".join(streamed),
        "plain": plain.invoke("Once upon a time"),
        "unknown": unknown,
    }
    print(json.dumps(told))


main()
