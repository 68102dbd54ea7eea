"""Asks with the published `openai` package, and prints when each chunk of the answers came, by the clock of all
processes. Run by `first_token.py` in the client's own place. Arguments: base URL, key, model, calls, tokens.
"""

from __future__ import annotations

import json
import sys
import time

import openai  # type: ignore[import-not-found] # of its own place

base, key, model = sys.argv[1:4]
calls, tokens = int(sys.argv[4]), int(sys.argv[5])
client = openai.OpenAI(base_url=base, api_key=key, max_retries=0, timeout=60)
told = []
for call in range(calls):
    began = time.monotonic()
    answer = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": f"Story {call}."}], max_tokens=tokens, stream=True
    )
    chunks = [
        (time.monotonic(), len(chunk.choices[0].delta.content.split()))
        for chunk in answer
        if chunk.choices and chunk.choices[0].delta.content
    ]
    told.append({"began": began, "ended": time.monotonic(), "chunks": chunks})
print(json.dumps(told))
