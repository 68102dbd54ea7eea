"""Embeddings by the published `ollama`: the call of today, and the one before."""

import json
import sys

import ollama  # type: ignore[import-not-found]

url, model = sys.argv[1:]
client = ollama.Client(host=url)
told = {
    "embed": [list(each) for each in client.embed(model=model, input=["a harbour", "a ship"]).embeddings],
    "before": list(client.embeddings(model=model, prompt="a ship").embedding),
}
try:
    client.embed(model="nobody-has-it", input="x")
except ollama.ResponseError as error:
    told["unknown_model"] = error.status_code
print(json.dumps(told))
