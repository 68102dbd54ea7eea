"""Tools and time limits of the published `langchain-openai`; prints one JSON line.

Arguments: base URL, key, model, absent one.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from langchain_openai import ChatOpenAI  # type: ignore[import-not-found] # of its own place

base, key, model, absent = sys.argv[1:5]


def weather(place: str) -> str:
    """Tell the weather of a place."""
    return f"rain at {place}"


given: dict[str, Any] = {"base_url": base, "api_key": key, "max_retries": 0}
chat = ChatOpenAI(model=model, **given).bind_tools([weather])
messages: list[Any] = [("user", "How is the weather at the harbour?")]
called = chat.invoke(messages)
[call] = called.tool_calls
messages += [called, {"role": "tool", "tool_call_id": call["id"], "content": "rain"}]
answer = chat.invoke(messages).content
left = ""
try:
    ChatOpenAI(model=absent, timeout=2, **given).invoke("hello")
except Exception as error:  # noqa: BLE001 whatever it makes of it
    left = type(error).__name__
print(json.dumps({"called": {"name": call["name"], "arguments": call["args"]}, "answer": answer, "left": left}))
