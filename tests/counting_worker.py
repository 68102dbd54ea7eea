"""A worker that counts, as a process of its own: it streams each number as it writes it, and can be killed.

    python counting_worker.py '{"urls": [...], "key": "...", "name": "...", "jobs": 8, "numbers": 40, "pause_s": 0.05}'

It goes on where a prompt that ends with numbers stops. Where a server is gone it turns to the next.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from typing import Any

import aiohttp

MODEL = "koboldcpp/counter"
_COUNTED = re.compile(r"(?:\d+ )*$")


def counted(prompt: str) -> int:
    """How many numbers the prompt ends with."""
    found = _COUNTED.search(prompt)
    return len(found.group().split()) if found else 0


class CountingWorker:
    """Works at so many jobs at a time, until it is ended."""

    def __init__(self, plan: dict[str, Any], session: aiohttp.ClientSession) -> None:
        self._plan = plan
        self._session = session
        self._urls: list[str] = plan["urls"]

    async def post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """One exchange with a server that is there."""
        for _ in range(100):
            try:
                async with self._session.post(f"{self._urls[0]}/api/v2/generate/{path}", json=body) as answer:
                    return answer.status, await answer.json()
            except (aiohttp.ClientError, OSError):
                self._urls.append(self._urls.pop(0))
                await asyncio.sleep(0.05)
        raise SystemExit("no server is there")

    async def run(self) -> None:
        """Take jobs as long as there are places."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(self._plan["jobs"]):
                tasks.create_task(self._work(number))

    async def _work(self, number: int) -> None:
        offer = {
            "name": self._plan["name"], "models": [MODEL], "bridge_agent": "counter:1:x", "threads": 50,
            "max_length": 512, "max_context_length": 8192, "streams": True,
        }  # fmt: skip
        while True:
            status, job = await self.post("text/pop", offer)
            if status == 200 and job.get("id"):
                await self._count(job)
            else:
                await asyncio.sleep(0.1)

    async def _count(self, job: dict[str, Any]) -> None:
        text, sent = "", 0
        for seq, number in enumerate(range(counted(job["payload"]["prompt"]), self._plan["numbers"])):
            text += f"{number} "
            piece = {"seq": seq, "at": sent, "text": text.encode()[sent:].decode()}
            _, answer = await self.post(f"pieces/{job['id']}", piece)
            if answer.get("cancelled"):
                await self.post("text/submit", {"id": job["id"], "generation": "", "state": "cancelled"})
                return
            if "next" in answer:
                sent = answer["next"]
            await asyncio.sleep(self._plan["pause_s"])
        await self.post("text/submit", {"id": job["id"], "generation": text})


async def main() -> None:
    """By the plan on the command line."""
    plan = json.loads(sys.argv[1])
    async with aiohttp.ClientSession(
        headers={"apikey": plan["key"]}, timeout=aiohttp.ClientTimeout(10), connector=aiohttp.TCPConnector(limit=0)
    ) as session:
        await CountingWorker(plan, session).run()


if __name__ == "__main__":
    asyncio.run(main())
