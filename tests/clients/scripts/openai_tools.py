"""What programs do with the published `openai` and a model that calls functions; prints one JSON line.

Arguments: base URL, key, model.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from openai import OpenAI  # type: ignore[import-not-found] # of its own place

base, key, model = sys.argv[1:4]
client = OpenAI(base_url=base, api_key=key, max_retries=0, timeout=60)
TOOLS: list[Any] = [{
    "type": "function",
    "function": {
        "name": "report_weather", "description": "Tell whether it rains.",
        "parameters": {
            "type": "object", "properties": {"raining": {"type": "boolean"}}, "required": ["raining"],
            "additionalProperties": False,
        },
    },
}]  # fmt: skip
ASKED: Any = [{"role": "user", "content": "Does it rain at the harbour?"}]
CHOICE: Any = {"type": "function", "function": {"name": "report_weather"}}
told: dict[str, Any] = {}

chat = client.chat.completions.create(model=model, messages=ASKED, max_tokens=16)
told["text"] = chat.choices[0].message.content
pieces = client.chat.completions.create(model=model, messages=ASKED, max_tokens=16, stream=True)
told["streamed"] = "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)

called = client.chat.completions.create(model=model, messages=ASKED, tools=TOOLS, tool_choice=CHOICE, max_tokens=64)
[call] = called.choices[0].message.tool_calls
told["called"] = [call.function.name, json.loads(call.function.arguments), called.choices[0].finish_reason]

name, arguments, ids, finish = "", "", [], None
for piece in client.chat.completions.create(
    model=model, messages=ASKED, tools=TOOLS, tool_choice=CHOICE, max_tokens=64, stream=True
):
    for choice in piece.choices:
        finish = choice.finish_reason or finish
        for delta in choice.delta.tool_calls or []:
            ids += [delta.id] if delta.id else []
            name += delta.function.name or ""
            arguments += delta.function.arguments or ""
told["call_streamed"] = [name, json.loads(arguments), finish, len(ids)]

answered = [*ASKED, called.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "It rains."}]
last = client.chat.completions.create(model=model, messages=answered, tools=TOOLS, tool_choice="none", max_tokens=16)
told["after"] = [last.choices[0].message.content, last.choices[0].finish_reason]
print(json.dumps(told))
