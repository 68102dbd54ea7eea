"""The alchemy routes of a server, in the words of the tests."""

from __future__ import annotations

import base64
from typing import Any

import httpx
from pictures import picture


class Alchemy:
    """Requests, pops and submits of forms."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def _post(self, route: str, body: Any, key: str | None) -> httpx.Response:
        headers = {"apikey": key} if key is not None else {}
        return await self.client.post(f"/api/v2/interrogate/{route}", json=body, headers=headers)

    async def ask(self, *forms: str | dict[str, Any], key: str | None = "0000000000", **body: Any) -> httpx.Response:
        """POST async, for these forms of a small picture."""
        named = [{"name": form} if isinstance(form, str) else form for form in forms]
        given = {"source_image": base64.b64encode(picture()).decode(), "forms": named, **body}
        return await self._post("async", given, key)

    async def request(self, *forms: str | dict[str, Any], key: str = "0000000000", **body: Any) -> str:
        """An accepted interrogation; its id."""
        answer = await self.ask(*forms, key=key, **body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    async def status(self, interrogation_id: str) -> dict[str, Any]:
        """GET status/{id}."""
        answer = await self.client.get(f"/api/v2/interrogate/status/{interrogation_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def states(self, interrogation_id: str) -> tuple[str, list[str]]:
        """The state of the whole, and of each form."""
        status = await self.status(interrogation_id)
        return status["state"], [form["state"] for form in status["forms"]]

    async def cancel(self, interrogation_id: str) -> dict[str, Any]:
        """DELETE status/{id}."""
        answer = await self.client.delete(f"/api/v2/interrogate/status/{interrogation_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def try_pop(self, key: str | None, *forms: str, name: str = "alchemist", **body: Any) -> httpx.Response:
        """POST pop, offering these forms."""
        return await self._post("pop", {"name": name, "forms": list(forms), **body}, key)

    async def pop(self, key: str, *forms: str, name: str = "alchemist", **body: Any) -> dict[str, Any]:
        """The answer of a pop that is not refused."""
        answer = await self.try_pop(key, *forms, name=name, **body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def form(self, key: str, *forms: str, name: str = "alchemist", **body: Any) -> dict[str, Any]:
        """The form of a pop that gets one."""
        answer = await self.pop(key, *forms, name=name, **body)
        assert answer["forms"], answer["skipped"]
        return dict(answer["forms"][0])

    async def try_submit(self, key: str | None, form_id: str, result: Any = None, **body: Any) -> httpx.Response:
        """POST submit; a caption unless told otherwise."""
        given = {"caption": "a teal square"} if result is None else result
        return await self._post("submit", {"id": form_id, "result": given, **body}, key)

    async def submit(self, key: str, form_id: str, result: Any = None, **body: Any) -> dict[str, Any]:
        """The answer of a submit that is taken."""
        answer = await self.try_submit(key, form_id, result, **body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())
