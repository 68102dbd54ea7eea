"""What programs do with the published `langchain-openai`; prints one JSON line. Arguments: base URL, key, model."""

from __future__ import annotations

import json
import sys
from typing import Any

from langchain_openai import ChatOpenAI, OpenAI  # type: ignore[import-not-found] # of its own place

base, key, model = sys.argv[1:4]
told: dict[str, Any] = {}
settings: dict[str, Any] = {"base_url": base, "api_key": key, "model": model, "max_tokens": 24, "max_retries": 0}
chat = ChatOpenAI(**settings)
answer = chat.invoke("Tell me of a lighthouse.")
told["chat"] = answer.content
told["usage"] = answer.usage_metadata["total_tokens"]
told["streamed"] = "".join(chunk.content for chunk in chat.stream("Tell me of a lighthouse."))
told["completion"] = OpenAI(**settings).invoke("Once upon a time")
told["completion_stream"] = "".join(OpenAI(**settings).stream("Once upon a time"))
for name, change in (("wrong_key", {"api_key": "nobody-has-this-key-00"}), ("unknown_model", {"model": "none"})):
    try:
        ChatOpenAI(**{**settings, **change}).invoke("hi")
    except Exception as error:  # noqa: BLE001 whatever it makes of it
        told[name] = [getattr(error, "status_code", None), type(error).__name__]
print(json.dumps(told))
