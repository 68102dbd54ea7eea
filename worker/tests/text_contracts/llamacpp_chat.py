"""llama.cpp's server with a model that has a template: it sends the beginning of an answer once more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from text_contracts.llamacpp import LlamaCppContract
from text_contracts.openai import Converses, LlamaCppChat


class ConversingLlamaCppContract(Converses, LlamaCppContract):
    bodies: ClassVar = {**LlamaCppContract.bodies, "/v1/chat/completions": LlamaCppChat}
    generating: ClassVar = frozenset({"/completion", "/v1/chat/completions"})
    sees = True

    def got(self, path: str, query: Mapping[str, str]) -> Any:
        found = LlamaCppContract.got(self, path, query)
        if path == "/props":
            return found | {"chat_template": "<|start_header_id|>…", "modalities": {"vision": self.sees}}
        return found

    def told(self, path: str, body: dict[str, Any]) -> Any:
        return LlamaCppContract.told(self, path, body)

    def lines(self, path: str, body: dict[str, Any]) -> list[str]:
        if path == "/completion":
            return LlamaCppContract.lines(self, path, body)
        return super().lines(path, body)

    def _choices(self, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        last = body["messages"][-1]
        for choice in super()._choices(body):
            yield choice
            if last["role"] == "assistant" and choice["delta"].get("role"):
                middle = len(last["content"]) // 2
                yield {"delta": {"content": last["content"][:middle]}}
                yield {"delta": {"content": last["content"][middle:]}}
