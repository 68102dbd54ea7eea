"""Ollama as its description of the API and the table of parameters of its Modelfile describe it."""

# ruff: noqa: RUF012 - defaults of pydantic models, which copies them

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from text_contracts.served import Body, ContractServer


class Options(Body):
    """The documented parameters of a model that concern one text."""

    num_keep: int = 0
    seed: int = 0
    num_predict: int = -1
    top_k: int = 40
    top_p: float = 0.9
    min_p: float = 0
    typical_p: float = 1
    repeat_last_n: int = 64
    temperature: float = 0.8
    repeat_penalty: float = 1.1
    presence_penalty: float = 0
    frequency_penalty: float = 0
    stop: list[str] = []
    num_ctx: int = 2048
    num_batch: int = 512
    num_gpu: int = -1
    num_thread: int = 0


class Generate(Body):
    model: str
    prompt: str = ""
    suffix: str = ""
    images: list[str] = []
    format: str = ""
    options: Options = Options()
    system: str = ""
    template: str = ""
    stream: bool = True
    raw: bool = False
    keep_alive: str | int = "5m"
    think: bool = False


class Called(Body):
    name: str
    arguments: dict[str, Any]


class Call(Body):
    function: Called


class Message(Body):
    role: Literal["system", "user", "assistant", "tool"]
    content: str = ""
    images: list[str] = []
    tool_calls: list[Call] = []
    tool_name: str = ""
    thinking: str = ""


class Chat(Body):
    """The parameters of `POST /api/chat`."""

    model: str
    messages: list[Message]
    tools: list[dict[str, Any]] = []
    format: str | dict[str, Any] = ""
    options: Options = Options()
    stream: bool = True
    keep_alive: str | int = "5m"
    think: bool = False


class Show(Body):
    model: str
    verbose: bool = False


class OllamaContract(ContractServer):
    """Two models and one that makes vectors; which are in memory is `loaded`."""

    bodies: ClassVar = {"/api/generate": Generate, "/api/show": Show}
    generating: ClassVar = frozenset({"/api/generate"})

    def __init__(self) -> None:
        super().__init__()
        self.installed = {
            "llama3.2:3b": "2026-05-04T17:37:44.7-07:00",
            "mistral:latest": "2026-08-01T10:00:00.1-07:00",
            "nomic-embed-text:latest": "2026-09-01T10:00:00.1-07:00",
        }
        self.loaded: list[str] = []
        self.able = ["completion"]

    def got(self, path: str, query: Mapping[str, str]) -> Any:
        return {
            "/api/version": {"version": "0.12.6"},
            "/api/tags": {
                "models": [{"name": name, "model": name, "modified_at": at} for name, at in self.installed.items()]
            },
            "/api/ps": {"models": [{"name": name, "model": name} for name in self.loaded]},
        }.get(path)

    def told(self, path: str, body: dict[str, Any]) -> Any:
        info = {"general.architecture": "llama", "llama.context_length": 4096, "llama.embedding_length": 4096}
        return {"details": {"family": "llama"}, "model_info": info, "capabilities": self.able}

    def lines(self, path: str, body: dict[str, Any]) -> list[str]:
        """A prompt of nothing loads the model, and no more."""
        if body.get("keep_alive") == 0 and "prompt" not in body:
            return [json.dumps({"model": body["model"], "response": "", "done": True, "done_reason": "unload"})]
        tokens = self.story[: body["options"]["num_predict"]] if body["prompt"] else ()
        told: list[dict[str, Any]] = [{"model": body["model"], "response": one, "done": False} for one in tokens]
        last = {"model": body["model"], "response": "", "done": True, "done_reason": "stop", "eval_count": len(tokens)}
        return [json.dumps(one) for one in (*told, last)]


class ConversingOllamaContract(OllamaContract):
    """Answers conversations; calls come whole, with their arguments as an object."""

    bodies: ClassVar = {**OllamaContract.bodies, "/api/chat": Chat}
    generating: ClassVar = frozenset({"/api/generate", "/api/chat"})

    def __init__(self) -> None:
        super().__init__()
        self.able = ["completion", "tools", "vision"]
        self.loaded = ["mistral:latest"]

    def told(self, path: str, body: dict[str, Any]) -> Any:
        return super().told(path, body) | {"template": "<|im_start|>{{ .Role }}"}

    def lines(self, path: str, body: dict[str, Any]) -> list[str]:
        if path != "/api/chat":
            return super().lines(path, body)
        told: list[dict[str, Any]] = [{"thinking": "hm", "content": ""}]
        if body.get("tools"):
            call = {"function": {"name": body["tools"][0]["function"]["name"], "arguments": {"raining": True}}}
            told.append({"content": "", "tool_calls": [call]})
        else:
            words = ('{"raining"', ": true}") if body.get("format") else self.story
            told += [{"content": word} for word in words[: body["options"]["num_predict"]]]
        lines = [{"message": {"role": "assistant"} | one, "done": False} for one in told]
        last = {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}
        return [json.dumps(one) for one in (*lines, last | {"eval_count": 5, "prompt_eval_count": 9})]
