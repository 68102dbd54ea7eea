"""What programs do with the published `litellm`; prints one JSON line. Arguments: base URL, key, model."""

from __future__ import annotations

import json
import sys
from typing import Any

import litellm  # type: ignore[import-not-found] # of its own place

base, key, model = sys.argv[1:4]
asked: dict[str, Any] = {
    "model": f"openai/{model}",
    "api_base": base,
    "api_key": key,
    "messages": [{"role": "user", "content": "Tell me of a lighthouse."}],
    "max_tokens": 24,
    "num_retries": 0,
    "max_retries": 0,
}
told: dict[str, Any] = {}
answer = litellm.completion(**asked)
told["chat"] = answer.choices[0].message.content
told["usage"] = answer.usage.total_tokens
chunks = list(litellm.completion(**asked, stream=True))
told["streamed"] = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
told["picture"] = len(
    litellm.image_generation(
        prompt="a red circle on a blue background",
        model="openai/ember-demo",
        api_base=base,
        api_key=key,
        size="256x256",
    )
    .data[0]
    .b64_json
)
for name, change in (("wrong_key", {"api_key": "nobody-has-this-key-00"}), ("unknown_model", {"model": "openai/none"})):
    try:
        litellm.completion(**{**asked, **change})
    except Exception as error:  # noqa: BLE001 whatever it makes of it
        told[name] = [getattr(error, "status_code", None), type(error).__name__]
print(json.dumps(told))
