"""One call of `txt2img` or `img2img`, from its body to its pictures (gateway-sdapi.md §1.1, §2.1)."""

from __future__ import annotations

import asyncio
import base64
from contextlib import aclosing, suppress
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec
from starlette.requests import ClientDisconnect

from horde_server.blobs.decoding import Decoders
from horde_server.dispatch.ids import RequestId
from horde_server.dispatch.store import Generation
from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import Faulted, ModelNotFound
from horde_server.gateway.common.life import Life, Running
from horde_server.gateway.common.model_names import ModelNames
from horde_server.gateway.common.once import Once
from horde_server.gateway.common.pictures import DeliveredPictures
from horde_server.gateway.sdapi.calls import Call, Calls, who_calls
from horde_server.gateway.sdapi.choices import Choices
from horde_server.gateway.sdapi.fitting import LEAST_SIDE_PIXELS, MOST_SIDE_PIXELS, canvas_of
from horde_server.gateway.sdapi.infotext import Made, info, infotext
from horde_server.gateway.sdapi.sources import Prepared, prepared, put_back
from horde_server.gateway.sdapi.wishes import Wish, read_wish
from horde_server.identity.caller import Caller
from horde_server.requests.asked import NO_PICTURES, Asked, GivenPictures
from horde_server.requests.following import ClientGone, Wants
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.waiting import Receive

_WANTS: Final = Wants(steps=True, previews=True)
_SENT_BACK: Final = frozenset(
    (
        "prompt", "negative_prompt", "seed", "sampler_name", "sampler_index", "scheduler", "batch_size", "n_iter",
        "steps", "cfg_scale", "width", "height", "restore_faces", "tiling", "denoising_strength", "enable_hr",
        "hr_scale", "hr_upscaler", "hr_resize_x", "hr_resize_y", "clip_skip", "resize_mode", "mask_blur",
        "inpainting_fill", "inpaint_full_res", "inpaint_full_res_padding", "inpainting_mask_invert", "send_images",
        "save_images",
    )
)  # fmt: skip
"""Of a body, what its answer repeats: what we know, and no picture."""


class Drawn(NamedTuple):
    """An answer, and the request that it came by."""

    request_id: RequestId
    answer: dict[str, Any]


class Drawing:
    """Draws what bodies ask for."""

    def __init__(
        self,
        life: Life,
        names: ModelNames,
        pictures: DeliveredPictures,
        decoders: Decoders,
        choices: Choices,
        calls: Calls,
    ) -> None:
        self._life = life
        self._settings = life.settings
        self._names = names
        self._pictures = pictures
        self._decoders = decoders
        self._choices = choices
        self._calls = calls

    async def draw(
        self, caller: Caller, body: Body, receive: Receive, once: Once | None = None, *, is_img2img: bool
    ) -> Drawn:
        """The answer: pictures as base64, what was asked for, and how it was made.

        Raises the refusals of `read_wish`, of the desk, and of `Running.happenings`.
        """
        wish = read_wish(body, is_img2img=is_img2img, most_side=self._most_side())
        models = await self._models(wish, caller)
        order = msgspec.structs.replace(wish.order, models=models, nsfw=True, censor_nsfw=False)
        if not self._settings.gateway_nsfw:
            order = msgspec.structs.replace(order, nsfw=False, censor_nsfw=True)
        given = await self._given(wish, caller)
        call = Call(wish.task_id, order.n, order.steps, asyncio.get_running_loop().time())
        with self._calls.under_way(who_calls(caller), call):
            asked = Asked(order=order, pictures=_given_pictures(given))
            running = await self._life.ask_image(caller, asked, receive, once)
            call.id = running.id
            try:
                made = await self._made(running, call)
            finally:
                await running.leave()
            return Drawn(running.id, await self._answer(wish, body, made, given, caller))

    async def _models(self, wish: Wish, caller: Caller) -> tuple[str, ...]:
        """Of the body, else the caller's choice, else the one that most workers have; to paint into a picture, any.

        Raises `ModelNotFound`.
        """
        if wish.checkpoint:
            return self._names.resolve(wish.checkpoint, "image", caller.user.model_aliases).models
        if (chosen := await self._choices.of(caller)) is not None:
            with suppress(ModelNotFound):  # nobody has it any more
                return self._names.resolve(chosen, "image", caller.user.model_aliases).models
        if wish.order.source_processing == "inpainting":  # most models cannot
            return ()
        return tuple(each.name for each in self._names.served("image")[:1])

    def _most_side(self) -> int:
        """The longest side that somebody makes now, of a square picture."""
        most = max(
            (worker.abilities.max_pixels for model in self._names.served("image") for worker in model.by), default=0
        )
        return int(most**0.5) if most > LEAST_SIDE_PIXELS**2 else MOST_SIDE_PIXELS

    async def _given(self, wish: Wish, caller: Caller) -> Prepared | None:
        if wish.source is None:
            return None
        return await self._decoders.run(caller.requester, partial(prepared, wish.source, canvas_of(wish.size)))

    async def _made(self, running: Running[ImageOrder], call: Call) -> list[Generation]:
        """What is there at the end, or when it is interrupted."""
        listening = asyncio.create_task(self._listen(running, call))
        interrupted = asyncio.create_task(call.interrupted.wait())
        try:
            await asyncio.wait((listening, interrupted), return_when=asyncio.FIRST_COMPLETED)
            if listening.done():
                try:
                    listening.result()
                except Faulted:
                    made = (await running.delivered()).generations
                    if not made:
                        raise
                    return made
                except ClientGone:
                    raise ClientDisconnect from None
            else:
                running.outlives_client = False  # nobody wants the rest
            return (await running.delivered()).generations
        finally:
            for task in (listening, interrupted):
                task.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await task

    async def _listen(self, running: Running[ImageOrder], call: Call) -> None:
        clock = asyncio.get_running_loop().time
        async with aclosing(running.happenings(_WANTS)) as happenings:
            async for happening in happenings:
                call.hear(happening, clock())

    async def _answer(
        self, wish: Wish, body: Body, made: list[Generation], given: Prepared | None, caller: Caller
    ) -> dict[str, Any]:
        if wish.order.seed_variation is not None:  # they came as they were made
            made = sorted(made, key=lambda each: each.seed)
        told = [_described(wish, each) for each in made]
        images: list[str] = []
        if wish.sends_images:
            for each, text in zip(made, told, strict=True):
                images.append(await self._picture(wish, each, infotext(text), given, caller))
        parameters = {name: body.get(name) for name in body if name in _SENT_BACK}
        if wish.tells_sources:
            parameters["init_images"] = body.get("init_images")
        return {"images": images, "parameters": parameters, "info": info(told, wish.batch_size)}

    async def _picture(self, wish: Wish, made: Generation, text: str, given: Prepared | None, caller: Caller) -> str:
        patch = given.patch if given is not None else None
        source: bytes | None = None
        if patch is not None and not made.censored:
            raw = await self._pictures.raw(made)
            source = await self._decoders.run(caller.requester, partial(put_back, raw, patch, wish.size))
        encoded = await self._pictures.encoded(
            made,
            caller.requester,
            kind=wish.file_format,
            size=None if made.censored or patch is not None else wish.size,
            text=text,
            data=source,
        )
        return base64.b64encode(encoded).decode()


def _given_pictures(given: Prepared | None) -> GivenPictures:
    if given is None:
        return NO_PICTURES
    return GivenPictures(image=given.image, mask=given.mask, extra=tuple((each, 1.0) for each in given.extra))


def _described(wish: Wish, made: Generation) -> Made:
    order = wish.order
    return Made(
        prompt=wish.prompt,
        negative_prompt=wish.negative_prompt,
        steps=order.steps,
        sampler_name=wish.sampler_name,
        scheduler=wish.scheduler,
        cfg_scale=order.cfg_scale,
        seed=made.seed,
        width=wish.size.width,
        height=wish.size.height,
        model=made.model,
        denoising_strength=order.denoising_strength,
        clip_skip=order.clip_skip or 1,
    )
