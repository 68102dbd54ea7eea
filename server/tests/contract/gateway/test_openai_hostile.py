"""Whatever is sent to OpenAI's routes, they refuse in its shape (gateway.md §1.3, §1.4)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hordes import StartHorde
from hostile import attack

CHAT: dict[str, Any] = {
    "model": "", "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}], "name": "a"}],
    "max_tokens": 16, "temperature": 1, "top_p": 1, "top_k": 1, "n": 1, "stop": ["a"], "seed": 1, "stream": False,
    "stream_options": {"include_usage": True}, "response_format": {"type": "text"}, "logit_bias": {}, "logprobs": False,
    "tools": [], "tool_choice": "none", "modalities": ["text"], "user": "u", "repetition_penalty": 1,
    "sampler_order": [1], "horde": {"workers": [], "template": "chatml", "max_context_length": 512},
}  # fmt: skip
COMPLETION: dict[str, Any] = {
    "model": "", "prompt": ["a"], "max_tokens": 16, "echo": False, "suffix": "", "best_of": 1, "n": 1, "stop": "a",
    "logprobs": None, "stream": True, "truncation_length": 512,
}  # fmt: skip
IMAGE: dict[str, Any] = {
    "model": "", "prompt": "a", "negative_prompt": "b", "n": 1, "size": "512x512", "quality": "low", "steps": 5,
    "background": "opaque", "output_format": "png", "output_compression": 50, "response_format": "url", "seed": "1",
    "cfg_scale": 5, "sampler_name": "k_euler", "loras": [{"name": "1", "model": 1, "is_version": False}],
    "post_processing": ["GFPGAN"], "stream": False, "partial_images": 1, "horde": {"nsfw": True, "workers": []},
}  # fmt: skip
EDIT: dict[str, Any] = {
    "model": "", "prompt": "a", "image": ["AAAA"], "mask": "AAAA", "denoising_strength": 0.5, "input_fidelity": "low",
    "size": "auto",
}  # fmt: skip


def is_refusal(answer: httpx.Response) -> bool:
    """OpenAI's shape, and nothing else."""
    if not answer.headers["content-type"].startswith("application/json"):
        return False
    error = answer.json().get("error")
    return (
        isinstance(error, dict)
        and error.keys() == {"message", "type", "param", "code"}
        and bool(error["message"] and error["type"] and error["code"])
        and answer.headers["x-request-id"].startswith("req_")
    )


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("path", "example"),
    [
        ("/v1/chat/completions", CHAT),
        ("/v1/completions", COMPLETION),
        ("/v1/images/generations", IMAGE),
        ("/v1/images/edits", EDIT),
        ("/v1/images/variations", EDIT),
    ],
)
async def test_whatever_comes_is_refused_in_its_shape(
    start_horde: StartHorde, path: str, example: dict[str, Any]
) -> None:
    """Nobody serves anything here, so that what is good after all is given up at once."""
    horde = await start_horde(gateway_hopeless_s=0, foreign_models="any")
    assert await attack(horde.client, path, example, is_refusal) > 200
    assert await horde.sql("SELECT 1 FROM request WHERE waiting > 0") == []


@pytest.mark.parametrize("key", ["x" * 5000, "\xff", "Bearer", "Basic", "Basic ====", "Bearer \x00"])
async def test_odd_keys_are_nobodys(start_horde: StartHorde, key: str) -> None:
    horde = await start_horde(gateway_hopeless_s=0)
    headers = [(b"authorization", (f"Bearer {key}" if " " not in key else key).encode("latin-1"))]
    answer = await horde.client.post("/v1/chat/completions", json=CHAT, headers=headers)
    assert answer.status_code in (400, 401, 503) and is_refusal(answer)
