"""Embeddings by the published `openai`: base64, as it asks by itself, numbers, a wrong key, an unknown model."""

import json
import sys

import openai  # type: ignore[import-not-found]

url, key, model = sys.argv[1:]
client = openai.OpenAI(base_url=url, api_key=key)
texts = ["a harbour", "a ship"]
told = {
    "by_itself": [each.embedding for each in client.embeddings.create(model=model, input=texts).data],
    "numbers": [
        each.embedding for each in client.embeddings.create(model=model, input=texts, encoding_format="float").data
    ],
    "one": client.embeddings.create(model=model, input="a ship").data[0].embedding,
    "models": [each.id for each in client.models.list()],
}
stranger = openai.OpenAI(base_url=url, api_key="nobody-has-this-key-000")
for name, failing in (("wrong_key", stranger), ("unknown_model", client)):
    try:
        failing.embeddings.create(model="nobody-has-it", input="x")
    except openai.APIStatusError as error:
        told[name] = [error.status_code, error.code]
print(json.dumps(told))
