"""This horde as its tools see it: a `HordeForTools` for one caller, over the same desks as every dialect."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from typing import Any, Final
from uuid import UUID

import msgspec

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
    TextWish,
)
from horde_server.dispatch.ids import RequestId
from horde_server.dispatch.store import Generation
from horde_server.errors import HordeError
from horde_server.gateway.chats.ordered import reader_of
from horde_server.gateway.chats.orders import Chats
from horde_server.gateway.chats.wish import ChatWish
from horde_server.gateway.common.beside import Beside
from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import RequestGone
from horde_server.gateway.common.life import Running
from horde_server.gateway.common.messages import Message, of_text
from horde_server.gateway.common.services import Services
from horde_server.gateway.sdapi.fitting import on_grid
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.requests.asked import NO_PICTURES, Asked, GivenPictures
from horde_server.requests.following import ClientGone, Happening, State, Wants
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.text.order import Sampling, TextOrder
from horde_server.streams.happenings import Step

_STRENGTH: Final = 0.6
_WANTS: Final = Wants(steps=True)
_KINDS: Final[tuple[ModelKind, ...]] = ("text", "image")


async def _stays() -> Mapping[str, Any]:
    """Whoever calls a tool is heard by the protocol, not by this connection."""
    await asyncio.Event().wait()
    return {}


class DeskHorde:
    """Made for one call."""

    def __init__(self, services: Services, chats: Chats, caller: Caller, base_url: str) -> None:
        self._services = services
        self._chats = chats
        self._caller = caller
        self._base_url = base_url
        self._running: dict[str, Running[Any]] = {}

    async def models(self) -> Sequence[Model]:
        """From memory."""
        return [
            Model(each.name, kind, each.workers, each.queued_jobs, each.wait_s)
            for kind in _KINDS
            for each in self._services.models.served(kind)
        ]

    async def ask_image(self, wish: ImageWish) -> str:
        """By the desk of images."""
        with _said():
            self._caller.check(Right.ASK)
            models = self._services.models.resolve(wish.model, "image", self._caller.user.model_aliases).models
            changes: dict[str, Any] = {
                "models": models,
                "n": wish.n,
                "seed": wish.seed,
                "transparent": wish.transparent,
            }
            for name, side in (("width", wish.width), ("height", wish.height)):
                if side is not None:
                    changes[name] = on_grid(side)
            prompt = f"{wish.prompt}###{wish.negative_prompt}" if wish.negative_prompt.strip() else wish.prompt
            pictures = NO_PICTURES
            if wish.source_image:
                pictures = GivenPictures(image=wish.source_image)
                changes["denoising_strength"] = wish.strength or _STRENGTH
            is_nsfw = self._services.settings.gateway_nsfw
            order = ImageOrder(prompt=prompt, nsfw=is_nsfw, censor_nsfw=not is_nsfw)
            asked = Asked(order=msgspec.structs.replace(order, **changes), pictures=pictures)
            return self._note(await self._services.life.ask_image(self._caller, asked, _stays))

    async def ask_text(self, wish: TextWish) -> str:
        """By the desk of texts; a conversation through the template of its model."""
        with _said():
            self._caller.check(Right.ASK)
            sampling = Sampling(temperature=wish.temperature, stop_sequence=tuple(wish.stop) or None)
            if wish.messages:
                messages: list[Message] = [of_text(each.role, each.content) for each in wish.messages]
                chat = ChatWish(
                    messages=messages,
                    model=wish.model,
                    max_length=wish.max_length,
                    sampling=sampling,
                    stops=tuple(wish.stop),
                )
                asked = (await self._chats.ordered(chat, Body({}), self._caller)).asked
            else:
                models = self._services.models.resolve(wish.model, "text", self._caller.user.model_aliases).models
                asked = Asked(
                    order=TextOrder(prompt=wish.prompt, models=models, max_length=wish.max_length, sampling=sampling)
                )
            return self._note(await self._services.life.ask_text(self._caller, asked, _stays))

    async def ask_form(self, image: str, form: FormName) -> str:
        """By the desk of alchemy."""
        with _said():
            self._caller.check(Right.ASK)
            return str(await self._services.alchemists.ask(self._caller, image, form))

    async def follow(self, request_id: str) -> AsyncGenerator[Look, None]:
        """What was asked for in this call, or in another one."""
        with _said():
            running = self._running.get(request_id)
            if running is not None:
                try:
                    async with aclosing(running.happenings(_WANTS)) as happenings:
                        async for look in _looks(happenings):
                            yield look
                finally:
                    await running.leave()
                return
            found = _uuid(request_id)
            if await self._services.alchemists.knows(found):
                yield Look(done=False)
                await self._services.alchemists.done(found, self._caller, _stays)
                yield Look(done=True)
                return
            with self._services.life.place(self._caller.address):
                follow = self._services.life.following.follow(found, _stays, wants=_WANTS)
                async with aclosing(follow) as happenings:
                    async for look in _looks(happenings):
                        yield look

    async def results(self, request_id: str) -> Results:
        """By one query, and the pictures of the store."""
        with _said():
            found = _uuid(request_id)
            if await self._services.alchemists.knows(found):
                row = await self._services.alchemists.done(found, self._caller, _stays)
                told = json.loads(row.result or "{}")
                return Results("form", 0.0, told=told, form=row.form)
            dispatcher, _ = await self._services.life.following.find(found)
            status = await dispatcher.status(found)
            if status is None:
                raise RequestGone
            entry, made = status
            kudos = round(entry.state.consumed_hundredths / 100, 2)
            if not made:
                raise RequestGone
            if dispatcher.kind.name == "image":
                return Results("image", kudos, images=[await self._image(each) for each in made])
            return Results("text", kudos, text=_text(entry.order, made[0]))

    async def cancel(self, request_id: str) -> None:
        """Whoever asked has gone."""
        with _said():
            found = _uuid(request_id)
            if await self._services.alchemists.knows(found):
                await self._services.alchemists.cancel(found)
                return
            dispatcher, _ = await self._services.life.following.find(found)
            await dispatcher.cancel(found)

    def _note(self, running: Running[Any]) -> str:
        running.outlives_client = True  # its call may be over before it is done
        self._running[str(running.id)] = running
        return str(running.id)

    async def _image(self, made: Generation) -> MadeImage:
        pictures = self._services.pictures
        data, url = await pictures.raw(made), await pictures.link(made, self._base_url)
        return MadeImage(data, url, str(made.seed), made.model, made.censored)


async def _looks(happenings: AsyncIterator[Happening]) -> AsyncIterator[Look]:
    jobs, last = 1, Look(done=False)
    async for happening in happenings:
        match happening:
            case State(progress):
                jobs = max(progress.finished + progress.processing + progress.waiting, 1)
                last = Look(
                    done=progress.done,
                    position=progress.queue_position,
                    wait_s=progress.wait_time,
                    finished=progress.finished,
                    jobs=jobs,
                )
                yield last
            case Step(_, step, steps):
                yield Look(done=False, wait_s=last.wait_s, finished=last.finished, jobs=jobs, step=step, steps=steps)


def _text(order: TextOrder, made: Generation) -> MadeText:
    reader = reader_of(order)
    text = reader.feed(made.result).content + reader.end().content
    reason = Beside(made).reason(made.result, order, stopped=reader.stopped_by is not None)
    return MadeText(text, made.model, reason.value)


def _uuid(text: str) -> RequestId:
    try:
        return RequestId(UUID(text))
    except ValueError:
        raise RequestGone from None


@contextmanager
def _said() -> Iterator[None]:
    """Refusals in the horde's words."""
    try:
        yield
    except HordeError as refusal:
        raise HordeSays(refusal.message, refusal.code or "") from refusal
    except ClientGone:
        raise HordeSays("Whoever asked has gone.") from None
