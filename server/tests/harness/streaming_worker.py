"""A worker that tells what it makes while it makes it."""

from __future__ import annotations

from typing import Any

import httpx
from hordes import Horde


class StreamingWorker:
    """A text or image worker that streams, at one of the addresses of a horde."""

    def __init__(self, horde: Horde, key: str) -> None:
        self.horde = horde
        self.key = key
        self._seq = 0

    async def job(self, **offer: Any) -> dict[str, Any]:
        """A text job."""
        return await self.horde.texts.job(self.key, streams=True, **offer)

    async def try_send(self, job_id: str, key: str | None = None, **piece: Any) -> httpx.Response:
        """POST a piece."""
        self._seq += 1
        headers = {"apikey": key or self.key}
        body = {"seq": self._seq, **piece}
        return await self.horde.client.post(f"/api/v2/generate/pieces/{job_id}", json=body, headers=headers)

    async def send(self, job_id: str, **piece: Any) -> dict[str, Any]:
        """The answer to a piece that is taken."""
        answer = await self.try_send(job_id, **piece)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def write(self, job_id: str, *texts: str, at: int = 0) -> int:
        """Send text after text; the bytes so far."""
        for text in texts:
            answer = await self.send(job_id, at=at, text=text)
            at += len(text.encode())
            assert answer["next"] == at
        return at
