"""Requestors and workers over HTTP, many at once. Any answer that is not the hoped-for one ends the measurement."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import aiohttp
from measured_horde import Measurement

SERVED = "stable_diffusion"
OTHERS = ("Anything Diffusion", "Realistic Vision", "Fustercluck", "ICBINP XL", "Juggernaut XL")
REQUESTORS, OWNERS = 32, 8
_PICTURE = "UklGRiQAAABXRUJQVlA4TBcAAAAvf8AfAAdQwChg/8MAJIT//5WI/qf+AQA="  # WebP, 128×128
_PICTURE_BYTES = base64.b64decode(_PICTURE)
_HEADERS = {"Client-Agent": "openhorde-bench:1:example.org"}


@dataclass(frozen=True)
class Job:
    """What a worker holds. `upload_url`: where its result goes before the submit; None where it comes with it."""

    id: str
    upload_url: str | None = None


class Kind(Protocol):
    """What differs between kinds of request: paths, bodies, and what the answers say."""

    @property
    def name(self) -> str:
        """Of its workers."""

    @property
    def root(self) -> str:
        """Where it is asked for, popped and submitted."""

    @property
    def check(self) -> str:
        """Where clients look whether a request is done."""

    @property
    def served(self) -> str:
        """The model that workers offer."""

    def request(self, number: int, model: str, jobs: int) -> dict[str, Any]:
        """The body of the request of this number."""

    def pop(self) -> dict[str, Any]:
        """What workers offer, beside their names."""

    def job(self, popped: Mapping[str, Any]) -> Job | None:
        """The job that a pop got."""

    def submit(self, job: Job) -> dict[str, Any]:
        """A finished job."""

    def is_done(self, answer: Mapping[str, Any]) -> bool:
        """Whether a check says so."""


@dataclass(frozen=True)
class Generation:
    """Pictures and texts."""

    name: str
    root: str
    check: str  # where clients look whether a request is done
    served: str  # the model that workers offer
    offer: Mapping[str, Any]
    result: Mapping[str, Any]
    wishes: Callable[[int], dict[str, Any]]
    """`params` of the request of this number, but for how many it asks for."""
    uploads: bool = False
    """Whether results are uploaded, and shown as links."""

    def request(self, number: int, model: str, jobs: int) -> dict[str, Any]:
        """Something small."""
        return {
            "prompt": f"a small test image number {number} of a quiet harbour at dawn",
            "params": {"n": jobs, **self.wishes(number)},
            "models": [model],
            "extra_slow_workers": True,
            "r2": self.uploads,
        }

    def pop(self) -> dict[str, Any]:
        """One model."""
        return {"models": [self.served], "nsfw": True, **self.offer}

    def job(self, popped: Mapping[str, Any]) -> Job | None:
        """The first of them."""
        if popped["id"] is None:
            return None
        return Job(popped["id"], popped["r2_upload"] if self.uploads else None)

    def submit(self, job: Job) -> dict[str, Any]:
        """Inline, or what was uploaded."""
        return {"id": job.id, "state": "ok", **self.result}

    def is_done(self, answer: Mapping[str, Any]) -> bool:
        """As it says."""
        return bool(answer["done"])


PICTURES = Generation(
    name="image",
    root="generate",
    check="generate/check",
    served=SERVED,
    offer={"bridge_agent": "AI Horde Worker reGen:10.1.1:https://example.org", "max_pixels": 4_194_304},
    result={"generation": _PICTURE, "seed": 1},
    wishes=lambda number: {"width": 128, "height": 128, "steps": 4 + number % 5, "sampler_name": "k_euler_a"},
)
UPLOADED_PICTURES = replace(PICTURES, uploads=True, result={"generation": "R2", "seed": 1})
TEXTS = Generation(
    name="text",
    root="generate/text",
    check="generate/text/status",
    served="koboldcpp/Mistral-7B-Instruct-v0.2",
    offer={"bridge_agent": "KoboldCppEmbedWorker:2:https://example.org", "max_length": 512, "max_context_length": 4096},
    result={"generation": "and nobody had seen the ship come in."},
    wishes=lambda number: {"max_length": 16 + number % 5, "max_context_length": 1024, "temperature": 1.0},
)


@dataclass(frozen=True)
class Forms:
    """Alchemy: as many different forms as there would be jobs."""

    name: str = "alchemy"
    root: str = "interrogate"
    check: str = "interrogate/status"
    served: str = "caption"
    forms: tuple[str, ...] = ("caption", "nsfw", "interrogation", "palette")

    def request(self, number: int, model: str, jobs: int) -> dict[str, Any]:
        """Of a picture that comes with it."""
        return {"source_image": _PICTURE, "forms": [{"name": form} for form in self.forms[:jobs]]}

    def pop(self) -> dict[str, Any]:
        """All of them."""
        return {"forms": list(self.forms)}

    def job(self, popped: Mapping[str, Any]) -> Job | None:
        """One at a time."""
        return Job(popped["forms"][0]["id"]) if popped["forms"] else None

    def submit(self, job: Job) -> dict[str, Any]:
        """Words, whatever was asked."""
        return {"id": job.id, "state": "ok", "result": {"caption": "a quiet harbour at dawn, with a small boat"}}

    def is_done(self, answer: Mapping[str, Any]) -> bool:
        """All forms are."""
        return bool(answer["state"] == "done")


FORMS = Forms()


class UnexpectedAnswer(RuntimeError):
    """The horde refused; numbers would mean nothing."""


class Load:
    """Accounts, the queue that they fill, and ways to press on the horde with `connections` at once."""

    def __init__(self, url: str, session: aiohttp.ClientSession, connections: int) -> None:
        self.connections = connections
        self.waiting: list[str] = []  # requests for models that nobody serves
        self.requestors: list[str] = []
        self.workers: list[dict[str, Any]] = []
        self.moderator = ""
        self._url = url
        self._api = f"{url}/api/v2/"
        self._session = session
        self._numbers = itertools.count()

    async def call(
        self, method: str, path: str, key: str = "", body: Any = None, into: Measurement | None = None
    ) -> dict[str, Any]:
        """One exchange; its JSON answer. A path with a slash in front is none of the API's.

        The latency goes `into` a measurement.
        """
        began = time.perf_counter()
        headers = {**_HEADERS, "apikey": key} if key else _HEADERS
        url = f"{self._url}{path}" if path.startswith("/") else self._api + path
        async with self._session.request(method, url, json=body, headers=headers) as response:
            answer = await response.json()
            if response.status not in (200, 201, 202):
                raise UnexpectedAnswer(f"{method} {path} answered {response.status}: {answer}")
        if into is not None:
            into.latencies_s.append(time.perf_counter() - began)
        return dict(answer)

    async def read_events(self, path: str) -> None:
        """Read a stream of events to its end."""
        async with self._session.get(self._api + path, headers=_HEADERS) as response:
            if response.status != 200:
                raise UnexpectedAnswer(f"GET {path} answered {response.status}: {await response.text()}")
            async for _ in response.content:
                pass

    async def make_accounts(self) -> None:
        """Requestors who may have hundreds of requests waiting, and trusted owners with a worker each."""
        self.moderator = (await self.make_account("moderator", moderator=True))["api_key"]
        for number in range(REQUESTORS):
            made = await self.make_account(f"requestor{number}")
            await self.call("PUT", f"users/{made['user_id']}", self.moderator, {"concurrency": 500})
            self.requestors.append(made["api_key"])
        for number in range(OWNERS):
            made = await self.make_account(f"owner{number}", trusted=True)
            self.workers.append({"key": made["api_key"], "name": f"bench-{number}"})

    async def make_account(self, name: str, **rights: bool) -> dict[str, Any]:
        """A test account with a million kudos; its key and number."""
        body = {"username": name, "oauth_id": f"{name}_bench", "kudos": 1_000_000, **rights}
        return await self.call("POST", "dev/test-user", body=body)

    async def ask(self, model: str, *, jobs: int = 1, into: Measurement | None = None, kind: Kind = PICTURES) -> str:
        """Ask for something small by the next requestor; the request's id."""
        number = next(self._numbers)
        body = kind.request(number, model, jobs)
        key = self.requestors[number % len(self.requestors)]
        return str((await self.call("POST", f"{kind.root}/async", key, body, into))["id"])

    async def chat(self, number: int, into: Measurement | None = None) -> None:
        """Ask for a short answer by OpenAI's API, and wait for it."""
        body = {
            "model": TEXTS.served,
            "messages": [
                {"role": "system", "content": "You answer in one sentence."},
                {"role": "user", "content": f"What did number {number} see in the harbour?"},
            ],
            "max_tokens": 16,
        }
        answer = await self.call("POST", "/v1/chat/completions", self.requestors[number], body, into)
        if not answer["choices"][0]["message"]["content"]:
            raise UnexpectedAnswer(f"an answer without words: {answer}")

    async def pop(
        self, worker: dict[str, Any], into: Measurement | None = None, kind: Kind = PICTURES, wait_s: int = 0
    ) -> Job | None:
        """Ask for a job, and wait for one for so long."""
        body = {"name": f"{worker['name']} {kind.name}", **kind.pop()}
        path = f"{kind.root}/pop{f'?wait={wait_s}' if wait_s else ''}"
        return kind.job(await self.call("POST", path, worker["key"], body, into))

    async def upload(self, url: str, into: Measurement | None = None) -> None:
        """PUT the picture to a job's address, without a key."""
        began = time.perf_counter()
        async with self._session.put(url, data=_PICTURE_BYTES) as response:
            if response.status != 200:
                raise UnexpectedAnswer(f"PUT answered {response.status}: {await response.text()}")
            await response.read()
        if into is not None:
            into.latencies_s.append(time.perf_counter() - began)

    async def submit(
        self, worker: dict[str, Any], job: Job, into: Measurement | None = None, kind: Kind = PICTURES
    ) -> None:
        """Hand in the result of a job."""
        await self.call("POST", f"{kind.root}/submit", worker["key"], kind.submit(job), into)

    async def have_waiting(self, count: int) -> None:
        """Have exactly so many requests waiting that no worker here can serve; then let the horde come to rest."""

        async def add(number: int) -> None:
            self.waiting.append(await self.ask(OTHERS[number % len(OTHERS)]))

        async def cancel(request_id: str) -> None:
            await self.call("DELETE", f"generate/status/{request_id}")

        surplus, self.waiting = self.waiting[count:], self.waiting[:count]
        await self.each(surplus, cancel)
        await self.each(range(count - len(self.waiting)), add)
        await self.settle()

    async def settle(self) -> None:
        """Leave time for what the horde does afterwards (the ledger is folded each second)."""
        await asyncio.sleep(2)

    async def each(self, items: Iterable[Any], act: Callable[[Any], Awaitable[None]]) -> None:
        """`act` on every item over all connections."""
        todo = iter(items)

        async def lane() -> None:
            for item in todo:
                await act(item)

        await asyncio.gather(*(lane() for _ in range(self.connections)))

    async def press(self, seconds: float, act: Callable[[int], Awaitable[None]]) -> None:
        """`act(number of the connection)` again and again over all connections."""
        end = time.perf_counter() + seconds

        async def lane(number: int) -> None:
            while time.perf_counter() < end:
                await act(number)

        await asyncio.gather(*(lane(number) for number in range(self.connections)))


@contextlib.asynccontextmanager
async def load_on(url: str, connections: int) -> AsyncIterator[Load]:
    """Accounts made and connections ready."""
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:
        load = Load(url, session, connections)
        await load.make_accounts()
        yield load
