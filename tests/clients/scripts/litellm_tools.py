"""Tools and time limits of the published `litellm`; prints one JSON line.

Arguments: base URL, key, model, absent one.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import litellm  # type: ignore[import-not-found] # of its own place

base, key, model, absent = sys.argv[1:5]
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather", "description": "Tell the weather of a place.",
        "parameters": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
    },
}  # fmt: skip
messages: list[Any] = [{"role": "user", "content": "How is the weather at the harbour?"}]
asked: dict[str, Any] = {"api_base": base, "api_key": key, "num_retries": 0, "max_retries": 0, "tools": [WEATHER]}

called = litellm.completion(model=f"openai/{model}", messages=messages, **asked).choices[0].message
[call] = called.tool_calls
messages += [called.model_dump(), {"role": "tool", "tool_call_id": call.id, "content": "rain"}]
answer = litellm.completion(model=f"openai/{model}", messages=messages, **asked).choices[0].message.content
del asked["tools"]
left = ""
try:
    litellm.completion(model=f"openai/{absent}", messages=messages[:1], timeout=2, **asked)
except litellm.Timeout as error:
    left = type(error).__name__
called_for = {"name": call.function.name, "arguments": json.loads(call.function.arguments)}
print(json.dumps({"called": called_for, "answer": answer, "left": left}))
