"""The text routes of a server, in the words of the tests."""

from __future__ import annotations

from typing import Any

import httpx

TEXT_AGENT = "KoboldCppEmbedWorker:2:https://example.org"
TEXT_MODEL = "koboldcpp/Mistral-7B-Instruct-v0.2"


class Texts:
    """Requests, pops and submits of texts."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def _post(self, route: str, body: dict[str, Any], key: str | None) -> httpx.Response:
        headers = {"apikey": key} if key is not None else {}
        return await self.client.post(f"/api/v2/generate/text/{route}", json=body, headers=headers)

    async def ask(self, key: str | None = "0000000000", **body: Any) -> httpx.Response:
        """POST async."""
        return await self._post("async", {"prompt": "Once upon a time", **body}, key)

    async def request(self, key: str = "0000000000", **body: Any) -> str:
        """An accepted request; its id."""
        answer = await self.ask(key, **body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    async def status(self, request_id: str) -> dict[str, Any]:
        """GET status/{id}."""
        answer = await self.client.get(f"/api/v2/generate/text/status/{request_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def cancel(self, request_id: str) -> dict[str, Any]:
        """DELETE status/{id}."""
        answer = await self.client.delete(f"/api/v2/generate/text/status/{request_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def try_pop(self, key: str | None, name: str = "scribe", **body: Any) -> httpx.Response:
        """POST pop as KoboldCpp does."""
        offer = {
            "name": name, "models": [TEXT_MODEL], "bridge_agent": TEXT_AGENT, "max_length": 512,
            "max_context_length": 4096, **body,
        }  # fmt: skip
        return await self._post("pop", offer, key)

    async def pop(self, key: str, name: str = "scribe", **body: Any) -> dict[str, Any]:
        """The answer of a pop that is not refused."""
        answer = await self.try_pop(key, name, **body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def job(self, key: str, name: str = "scribe", **body: Any) -> dict[str, Any]:
        """The answer of a pop that gets a job."""
        answer = await self.pop(key, name, **body)
        assert answer["id"], answer["skipped"]
        return answer

    async def try_submit(self, key: str | None, job_id: str, **body: Any) -> httpx.Response:
        """POST submit; some words unless told otherwise."""
        return await self._post("submit", {"id": job_id, "generation": "there was a harbour.", **body}, key)

    async def submit(self, key: str, job_id: str, **body: Any) -> dict[str, Any]:
        """The answer of a submit that is taken."""
        answer = await self.try_submit(key, job_id, **body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())
