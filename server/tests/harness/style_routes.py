"""The routes of styles and collections, in the words of the tests."""

from __future__ import annotations

from typing import Any

import httpx
from hordes import Horde

from horde_server.accounts.creation import NewAccount

Who = NewAccount | None

OIL = {"name": "oil", "prompt": "{p}, in oil###{np}, photograph", "models": ["stable_diffusion"]}
RHYMES = {"name": "rhymes", "prompt": "A poem about {p}:", "models": ["koboldcpp/Mistral-7B-Instruct-v0.2"]}


class StyleRoutes:
    """Calls of somebody; without a key where nobody is named."""

    def __init__(self, horde: Horde) -> None:
        self._client = horde.client

    async def call(self, method: str, path: str, who: Who = None, body: Any = None, **query: Any) -> httpx.Response:
        """Any call below /api/v2."""
        headers = {"apikey": who.api_key} if who is not None else {}
        return await self._client.request(method, f"/api/v2/{path}", headers=headers, json=body, params=query)

    async def try_add(self, who: Who, kind: str = "image", **body: Any) -> httpx.Response:
        """POST /styles/{kind}: one that is taken, but for what is given."""
        plain = OIL if kind == "image" else RHYMES
        return await self.call("POST", f"styles/{kind}", who, {**plain, **body})

    async def add(self, who: Who, kind: str = "image", **body: Any) -> str:
        """A style that is taken; its id."""
        answer = await self.try_add(who, kind, **body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    async def show(self, style_id: str, kind: str = "image") -> dict[str, Any]:
        """GET /styles/{kind}/{id}."""
        answer = await self.call("GET", f"styles/{kind}/{style_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def names(self, kind: str = "image", **query: Any) -> list[str]:
        """GET /styles/{kind}: the names in their order."""
        answer = await self.call("GET", f"styles/{kind}", **query)
        assert answer.status_code == 200, answer.text
        return [style["name"] for style in answer.json()]

    async def collect(self, who: Who, *styles: str, name: str = "a collection", **body: Any) -> str:
        """A collection that is taken; its id."""
        answer = await self.call("POST", "collections", who, {"name": name, "styles": list(styles), **body})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])
