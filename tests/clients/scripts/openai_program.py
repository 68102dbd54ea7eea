"""What a program does with the published `openai` package; prints one JSON line. Arguments: base URL, key."""

from __future__ import annotations

import base64
import json
import sys
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import openai  # type: ignore[import-not-found] # of its own place

base, key = sys.argv[1:3]
client = openai.OpenAI(base_url=base, api_key=key, max_retries=0, timeout=60)
told: dict[str, Any] = {}
HELLO = [{"role": "user", "content": "Tell me of a lighthouse."}]

models = list(client.models.list())
told["models"] = [model.id for model in models]
text_model = next(model.id for model in models if model.horde["type"] == "text")
told["retrieved"] = client.models.retrieve(text_model).id == text_model

answer = client.chat.completions.create(model=text_model, messages=HELLO, max_tokens=24)
told["chat"] = answer.choices[0].message.content
told["finish"] = answer.choices[0].finish_reason
told["usage"] = answer.usage.total_tokens
told["request_id"] = answer._request_id

chunks = list(
    client.chat.completions.create(
        model=text_model, messages=HELLO, max_tokens=24, stream=True, stream_options={"include_usage": True}
    )
)
told["streamed"] = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
told["first_role"] = chunks[0].choices[0].delta.role
told["stream_usage"] = [chunk.usage.total_tokens for chunk in chunks if chunk.usage]

with client.chat.completions.stream(model=text_model, messages=HELLO, max_tokens=64) as stream:
    try:
        for _ in stream:
            pass
        told["helper"] = stream.get_final_completion().choices[0].message.content
    except openai.LengthFinishReasonError:
        told["helper"] = "ended by its length"

completion = client.completions.create(model=text_model, prompt=["Once upon a time", "There was"], max_tokens=20)
told["completions"] = [choice.text for choice in completion.choices]
told["completion_stream"] = "".join(
    chunk.choices[0].text for chunk in client.completions.create(model=text_model, prompt="Once", stream=True)
)

drawing = {"prompt": "a red circle on a blue background", "model": "ember-demo"}
picture = client.images.generate(**drawing, size="256x256", response_format="b64_json").data[0]
data = base64.b64decode(picture.b64_json)
told["picture"] = data[:4].decode("latin-1")
link = client.images.generate(**drawing, size="256x256", response_format="url").data[0].url
wanted = urllib.request.Request(link, headers={"Authorization": f"Bearer {key}"})  # as Open WebUI does
told["link"] = urllib.request.urlopen(wanted).read()[8:12].decode()
told["image_stream"] = [event.type for event in client.images.generate(**drawing, size="256x256", stream=True)]
edited = client.images.edit(image=("a.png", data, "image/png"), prompt="a green star", model="ember-demo")
told["edit"] = base64.b64decode(edited.data[0].b64_json)[:4].decode("latin-1")
varied = client.images.create_variation(image=("a.png", data, "image/png"))
told["variation"] = base64.b64decode(varied.data[0].b64_json)[:4].decode("latin-1")


def refused(call: Callable[[], object]) -> list[Any] | None:
    """Status and code of what is refused."""
    try:
        call()
    except openai.APIStatusError as error:
        return [error.status_code, error.code, type(error).__name__]
    return None


stranger = openai.OpenAI(base_url=base, api_key="nobody-has-this-key-00", max_retries=0)
told["wrong_key"] = refused(lambda: stranger.models.list())
told["unknown_model"] = refused(lambda: client.chat.completions.create(model="no-such-model", messages=HELLO))
told["bad_request"] = refused(lambda: client.chat.completions.create(model=text_model, messages=[]))
tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
told["tools"] = refused(lambda: client.chat.completions.create(model=text_model, messages=HELLO, tools=[tool]))
told["embeddings"] = refused(lambda: client.embeddings.create(model="x", input="x"))
patient = openai.OpenAI(base_url=base, api_key=key, timeout=60)  # repeats by itself what may be repeated
begun = time.monotonic()
told["no_worker"] = refused(lambda: patient.chat.completions.create(model=sys.argv[3], messages=HELLO))
told["no_worker_s"] = time.monotonic() - begun

leaving = client.chat.completions.with_raw_response.create(
    model=sys.argv[3], messages=HELLO, stream=True, extra_body={"horde": {}}
)
status = f"{base.removesuffix('/v1')}/api/v2/generate/text/status/{leaving.headers['horde-request']}"
leaving.parse().close()
begun = time.monotonic()
while not json.load(urllib.request.urlopen(status))["done"]:
    time.sleep(0.02)
told["cancelled_s"] = time.monotonic() - begun
print(json.dumps(told))
