"""A horde as tools reach it through the SDK: any AI Horde, ours or another."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from horde_sdk.ai_horde_api.apimodels.alchemy.async_ import AlchemyAsyncRequest, AlchemyAsyncRequestFormItem
from horde_sdk.ai_horde_api.apimodels.base import ActiveModel
from horde_sdk.ai_horde_api.apimodels.generate.async_ import ImageGenerateAsyncRequest, ImageGenerationInputPayload
from horde_sdk.ai_horde_api.apimodels.generate.text.async_ import ModelGenerationInputKobold, TextGenerateAsyncRequest
from horde_sdk.ai_horde_api.async_simple_clients import AIHordeAPIAsyncSimpleClient
from horde_sdk.ai_horde_api.open_requests import AsyncOpenRequest
from horde_sdk.exceptions import AIHordeRequestError, HordeException
from horde_sdk.mcp_server.horde import (
    FormName,
    HordeSays,
    ImageWish,
    Look,
    MadeImage,
    MadeText,
    Model,
    ModelKind,
    Results,
    Said,
    TextWish,
    What,
)

MOST_KEPT: Final = 32
"""Requests whose results are kept for who asks again."""
_STEP_PIXELS: Final = 64
_STRENGTH: Final = 0.6
_HEADINGS: Final = {"system": "", "user": "### Instruction:\n", "assistant": "### Response:\n"}
_STOPS: Final = ("### Instruction:", "### Response:")


class SdkHorde:
    """A `HordeForTools`. Belongs to one event loop, and remembers what was asked for in this process."""

    def __init__(self, client: AIHordeAPIAsyncSimpleClient) -> None:
        self._client = client
        self._asked: OrderedDict[str, _Asked] = OrderedDict()

    async def models(self) -> Sequence[Model]:
        """Two questions."""
        with _said():
            images = await self._client.image_status_models_all()
            texts = await self._client.text_status_models_all()
        found = [*map(partial(_model, "text"), texts.root), *map(partial(_model, "image"), images.root)]
        return sorted(found, key=lambda model: (model.kind != "text", -model.workers, model.name))

    async def ask_image(self, wish: ImageWish) -> str:
        """Sides are brought to the nearest that hordes make."""
        given: dict[str, Any] = {"n": wish.n, "transparent": wish.transparent}
        for name, side in (("width", wish.width), ("height", wish.height)):
            if side is not None:
                given[name] = max(round(side / _STEP_PIXELS), 1) * _STEP_PIXELS
        if wish.seed is not None:
            given["seed"] = wish.seed
        if wish.source_image:
            given["denoising_strength"] = wish.strength or _STRENGTH
        request = ImageGenerateAsyncRequest(
            prompt=f"{wish.prompt}###{wish.negative_prompt}" if wish.negative_prompt else wish.prompt,
            params=ImageGenerationInputPayload(**given),
            models=[wish.model] if wish.model else [],
            **({"source_image": wish.source_image} if wish.source_image else {}),
        )
        return await self._start("image", self._client.open_image_request(request, fail_fast=True), wish.n)

    async def ask_text(self, wish: TextWish) -> str:
        """Ask for a text; a conversation is written out in plain words, as not every horde knows templates."""
        given: dict[str, Any] = {"n": 1, "max_length": wish.max_length}
        stops = [*wish.stop, *(_STOPS if wish.messages else ())]
        if stops:
            given["stop_sequence"] = stops
        if wish.temperature is not None:
            given["temperature"] = wish.temperature
        request = TextGenerateAsyncRequest(
            prompt=_written(wish.messages) if wish.messages else wish.prompt,
            params=ModelGenerationInputKobold(**given),
            models=[wish.model] if wish.model else [],
        )
        return await self._start("text", self._client.open_text_request(request, fail_fast=True), 1)

    async def ask_form(self, image: str, form: FormName) -> str:
        """One form."""
        request = AlchemyAsyncRequest(source_image=image, forms=[AlchemyAsyncRequestFormItem(name=form)])
        return await self._start("form", self._client.open_alchemy_request(request, fail_fast=True), 1, form)

    async def follow(self, request_id: str) -> AsyncGenerator[Look, None]:
        """By polls, each held back until there is news where the horde does that."""
        asked = self._find(request_id)
        while True:
            news = asked.next_news()  # taken before looking: what comes meanwhile is not missed
            if asked.task.done():
                break
            if asked.look is not None:
                yield asked.look
            await news.wait()
        with _said():
            await asked.task
        yield Look(done=True, finished=asked.jobs, jobs=asked.jobs)

    async def results(self, request_id: str) -> Results:
        """Pictures are fetched here."""
        asked = self._find(request_id)
        with _said():
            status = await asked.task
            if asked.what == "image":
                images = [
                    MadeImage(
                        await self._client.download_bytes_from_generation(each),
                        each.img if each.img.startswith("http") else "",
                        each.seed,
                        each.model or "",
                        each.censored,
                    )
                    for each in status.generations
                ]
                return Results("image", float(status.kudos or 0), images=images)
        if asked.what == "text":
            if not status.generations:
                raise HordeSays("Nothing was written.")
            made = status.generations[0]
            text = _cut(made.text or "", _STOPS)
            return Results("text", float(status.kudos or 0), text=MadeText(text, made.model or "", "stop"))
        form = status.forms[0]
        told = form.result.model_dump(mode="json") if form.result is not None else {}
        return Results("form", 0.0, told=told, form=str(form.form))

    async def cancel(self, request_id: str) -> None:
        """End the wait, which cancels the request."""
        asked = self._asked.pop(request_id, None)
        if asked is not None:
            asked.task.cancel()
            await asyncio.wait([asked.task])

    def _find(self, request_id: str) -> _Asked:
        asked = self._asked.get(request_id)
        if asked is None:
            raise HordeSays("This program has asked for nothing with this id, or too long ago.", "RequestNotFound")
        return asked

    async def _start(self, what: What, opened: AsyncOpenRequest[Any, Any], jobs: int, form: str = "") -> str:
        asked = _Asked(what, jobs)
        asked.task = asyncio.create_task(asked.see_through(opened))
        sent = asyncio.create_task(asked.sent.wait())
        try:
            await asyncio.wait((asked.task, sent), return_when=asyncio.FIRST_COMPLETED)
        except BaseException:
            asked.task.cancel()  # whoever asked is gone, and nobody has its id: it cancels its request
            await asyncio.wait([asked.task])
            raise
        finally:
            sent.cancel()
        if not asked.sent.is_set():
            with _said():
                await asked.task
        self._asked[asked.id] = asked
        for old_id in [key for key, old in self._asked.items() if old.task.done()][
            : max(len(self._asked) - MOST_KEPT, 0)
        ]:
            del self._asked[old_id]
        return asked.id


class _Asked:
    """A request that this process asked for."""

    def __init__(self, what: What, jobs: int) -> None:
        self.what = what
        self.jobs = jobs
        self.id = ""
        self.look: Look | None = None
        self.sent = asyncio.Event()
        self.task: asyncio.Task[Any]
        self._news = asyncio.Event()

    async def see_through(self, opened: AsyncOpenRequest[Any, Any]) -> Any:
        """Until its results; however it ends, whoever waits for news is woken."""
        try:
            async with opened:
                self.id = str(opened.id_)
                self.sent.set()
                async for look in opened.updates():
                    self.look = Look(
                        done=False,
                        position=getattr(look, "queue_position", 0) or 0,
                        wait_s=getattr(look, "wait_time", 0) or 0,
                        finished=getattr(look, "finished", 0) or 0,
                        jobs=self.jobs,
                    )
                    self._tell()
                return await opened.result()
        finally:
            self._tell()

    def next_news(self) -> asyncio.Event:
        """Return what is set with the next look, or at the end."""
        return self._news

    def _tell(self) -> None:
        told, self._news = self._news, asyncio.Event()
        told.set()


def _model(kind: ModelKind, each: ActiveModel) -> Model:
    return Model(each.name or "", kind, each.count or 0, round(each.jobs or 0), each.eta or 0)


def _written(messages: Sequence[Said]) -> str:
    parts = [f"{_HEADINGS[message.role]}{message.content.strip()}\n\n" for message in messages]
    return "".join([*parts, _HEADINGS["assistant"]])


def _cut(text: str, stops: Sequence[str]) -> str:
    ends = [place for stop in stops if (place := text.find(stop)) >= 0]
    return text[: min(ends)].strip() if ends else text


@contextmanager
def _said() -> Iterator[None]:
    """Tell what goes wrong in the horde's words."""
    try:
        yield
    except AIHordeRequestError as error:
        raise HordeSays(error.message, str(error.rc or "")) from error
    except HordeException as error:
        raise HordeSays(str(error)) from error
