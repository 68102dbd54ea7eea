"""The routes of embeddings of a server, in the words of the tests."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from typing import Any

import httpx

EMBEDDING_MODEL = "all-MiniLM-L6-v2"


def vector(*numbers: float) -> str:
    """A vector as it is sent."""
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


class Embeddings:
    """Requests, pops and submits of embeddings."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def _post(self, route: str, body: dict[str, Any], key: str | None) -> httpx.Response:
        headers = {"apikey": key} if key is not None else {}
        return await self.client.post(f"/api/v2/generate/embedding/{route}", json=body, headers=headers)

    async def ask(self, key: str | None = "0000000000", *texts: str, **body: Any) -> httpx.Response:
        """POST async."""
        return await self._post("async", {"input": list(texts) or ["a quiet harbour"], **body}, key)

    async def request(self, key: str = "0000000000", *texts: str, **body: Any) -> str:
        """An accepted request; its id."""
        answer = await self.ask(key, *texts, **body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    async def status(self, request_id: str) -> dict[str, Any]:
        """GET status/{id}."""
        answer = await self.client.get(f"/api/v2/generate/embedding/status/{request_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def cancel(self, request_id: str) -> dict[str, Any]:
        """DELETE status/{id}."""
        answer = await self.client.delete(f"/api/v2/generate/embedding/status/{request_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def try_pop(self, key: str | None, name: str = "embedder", **body: Any) -> httpx.Response:
        """POST pop."""
        return await self._post("pop", {"name": name, "models": [EMBEDDING_MODEL], **body}, key)

    async def pop(self, key: str, name: str = "embedder", **body: Any) -> dict[str, Any]:
        """The answer of a pop that is not refused."""
        answer = await self.try_pop(key, name, **body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def job(self, key: str, name: str = "embedder", **body: Any) -> dict[str, Any]:
        """The answer of a pop that gets a job."""
        answer = await self.pop(key, name, **body)
        assert answer["id"], answer["skipped"]
        return answer

    async def try_submit(
        self, key: str | None, job_id: str, vectors: Sequence[str] = (), **body: Any
    ) -> httpx.Response:
        """POST submit; one short vector unless told otherwise."""
        return await self._post("submit", {"id": job_id, "vectors": list(vectors) or [vector(1, 0)], **body}, key)

    async def submit(self, key: str, job_id: str, vectors: Sequence[str] = (), **body: Any) -> dict[str, Any]:
        """The answer of a submit that is taken."""
        answer = await self.try_submit(key, job_id, vectors, **body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())
