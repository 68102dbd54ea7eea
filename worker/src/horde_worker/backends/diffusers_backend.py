"""Stable Diffusion 1, 2 and XL from local files, run in this process by diffusers and torch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_SAMPLERS
from horde_worker.backends.diffusers.additions import AdditionFolder
from horde_worker.backends.diffusers.control_maps import MAKERS
from horde_worker.backends.diffusers.model_source import ModelSource
from horde_worker.backends.diffusers.samplers import usable_samplers
from horde_worker.backends.diffusers.shelves import Shelves
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.image import ImageAbilities, ImageEvent, ImageJob, ImageResult
from horde_worker.backends.in_process.devices import devices_named, is_device_lost
from horde_worker.backends.in_process.extras import need_extra, quiet
from horde_worker.backends.in_process.offered_models import OfferedModels
from horde_worker.backends.in_process.options import Options
from horde_worker.backends.in_process.stations import GenerationStopped, Stations
from horde_worker.backends.in_process.weight_files import weight_bytes
from horde_worker.backends.interface import BackendSettings, Makers
from horde_worker.backends.threads import events_of

if TYPE_CHECKING:
    from horde_worker.backends.diffusers.studio import Studio

CONTROL_TYPES: Final = ("canny", "hed", "depth", "normal", "openpose", "seg", "scribble", "fakescribbles", "hough")
"""Of the API: whoever offers ControlNets may be asked for any."""
SIDE_BY_SIDE_ON_GPU: Final = 4
_OPTIONS: Final = (
    *("models", "configs", "loras", "inversions", "controlnets", "depth_model", "offer_controlnet"),
    *("devices", "dtype", "threads", "max_pixels", "max_batch", "side_by_side", "nsfw_models"),
)
_ALWAYS: Final = frozenset({"karras", "r2", "r2_source", "img2img", "inpainting", "hires_fix", "tiling", "clip_skip"})
_TRIAL_SIDE: Final = 64


class DiffusersBackend:
    """Jobs take turns on a device; pictures of a job are painted side by side where there is room."""

    name = "diffusers"

    def __init__(self, abilities: ImageAbilities, offered: OfferedModels, studios: Stations[Studio]) -> None:
        self._abilities = abilities
        self._offered = offered
        self._studios = studios
        self._lost = ""

    @classmethod
    async def open(cls, settings: BackendSettings) -> Self:
        """Look at every file, load the first model and paint a small picture. Raises `BackendFailure`."""
        settings.check_known(*_OPTIONS)
        options = Options(settings)
        models = await asyncio.to_thread(_sources, options)
        control_nets = options.paths("controlnets")
        for kind in control_nets:
            if kind not in CONTROL_TYPES:
                raise options.wrong("controlnets", f"knows {', '.join(CONTROL_TYPES)}")
        for path in control_nets.values():
            await asyncio.to_thread(weight_bytes, path)
        if (depth_model := options.path("depth_model")) is not None:
            await asyncio.to_thread(weight_bytes, depth_model)
        abilities = _abilities(options, models, control_nets)
        dtype = options.word("dtype", ("auto", "float16", "bfloat16", "float32"))
        threads = options.whole_number("threads", 0, least=0, most=1024)
        side_by_side = options.whole_number("side_by_side", 0, least=0, most=20)
        need_extra(settings.name, "torch", "diffusers", "transformers", "peft", "psutil")
        offered = OfferedModels({name: source.path for name, source in models.items()})
        shelves = Shelves(
            models,
            offered,
            AdditionFolder(options.path("loras")),
            AdditionFolder(options.path("inversions")),
            control_nets,
            options.path("depth_model"),
            usable_samplers(),
        )
        studios = await asyncio.to_thread(_studios, shelves, options.words("devices"), dtype, threads, side_by_side)
        backend = cls(abilities, offered, Stations(studios))
        await backend.self_test()
        return backend

    @property
    def makers(self) -> Makers:
        """Pictures."""
        return Makers(image=self)

    @property
    def abilities(self) -> ImageAbilities:
        """With the models that can be loaded, and those that are."""
        loaded = tuple(dict.fromkeys(name for studio in self._studios.all for name in studio.models.names))
        return replace(self._abilities, models=self._offered.names, loaded=loaded)

    @property
    def unready(self) -> str:
        """Why no job can be done now; empty where some can."""
        return self._lost or ("" if self._offered.names else "no model can be loaded")

    @property
    def slots(self) -> int:
        """Jobs that can be done at once: one on each device."""
        return len(self._studios)

    async def self_test(self) -> None:
        """Paint a small picture with the first model. Raises `BackendFailure`."""
        await asyncio.to_thread(self._try_out)

    async def unload(self) -> None:
        """Let go of the models of devices without a job; the next job loads what it needs."""

        def clear() -> None:
            with self._studios.free_now() as studios:
                for studio in studios:
                    studio.clear()

        await asyncio.to_thread(clear)

    async def close(self) -> None:
        """Unload the models, once what is in the making has stopped."""

        def clear() -> None:
            for studio in self._studios.each_when_free():
                studio.clear()

        await asyncio.to_thread(clear)

    async def make(self, job: ImageJob) -> AsyncGenerator[ImageEvent, None]:
        """Paint every picture of the job; between two steps a closed job ends."""

        def paint(tell: Callable[[ImageEvent], None], should_stop: Callable[[], bool]) -> None:
            with self._studios.one(should_stop) as studio:
                try:
                    studio.paint(job, tell, should_stop)
                except Exception as error:
                    if is_device_lost(error):
                        self._lost = f"{studio.device.name} has given up; a restart of the worker may help"
                    raise

        try:
            async with aclosing(events_of(paint)) as events:
                async for event in events:
                    yield event
        except GenerationStopped as error:
            raise BackendFailure(str(error)) from error

    def _try_out(self) -> None:
        """A model that cannot paint is found before the first job."""
        made: list[ImageEvent] = []
        job = ImageJob(
            ids=("trial",),
            model=(self._offered.names or self._abilities.models)[0],
            prompt="a house",
            negative_prompt="",
            width=_TRIAL_SIDE,
            height=_TRIAL_SIDE,
            steps=2,
            cfg_scale=5.0,
            sampler="k_euler",
            karras=False,
            seeds=(0,),
            ttl_s=60.0,
            upload_urls=(),
        )
        with self._studios.one(lambda: False) as studio:
            studio.paint(job, made.append, lambda: False)
        if not any(isinstance(event, ImageResult) for event in made):
            raise BackendFailure("the first model painted nothing")


def _studios(shelves: Shelves, devices: tuple[str, ...], dtype: str, threads: int, side_by_side: int) -> list[Studio]:
    """One for each device."""
    import torch

    quiet("transformers", "diffusers")
    from horde_worker.backends.diffusers.studio import Studio

    if threads:
        torch.set_num_threads(threads)
    return [
        Studio(device, shelves, side_by_side or (1 if device.kind in ("cpu", "mps") else SIDE_BY_SIDE_ON_GPU))
        for device in devices_named(devices, dtype)
    ]


def _sources(options: Options) -> dict[str, ModelSource]:
    paths, configs = options.paths("models"), options.paths("configs")
    if not paths:
        raise options.wrong("models", "names at least one model and its folder or file")
    if unknown := sorted(set(configs) - set(paths)):
        raise options.wrong("configs", f"is for models that are named; {unknown[0][:60]!r} is not")
    return {name: ModelSource.read(path, configs.get(name)) for name, path in paths.items()}


def _abilities(options: Options, models: Mapping[str, ModelSource], control_nets: Mapping[str, Path]) -> ImageAbilities:
    """What all the models can do together. ControlNets only where every type can be had, or the owner says so."""
    can = set(_ALWAYS)
    if options.path("loras") is not None:
        can |= {"lora", "lora_versions"}
    if options.path("inversions") is not None:
        can.add("textual_inversion")
    can_all = all(kind in control_nets and kind in MAKERS for kind in CONTROL_TYPES)
    if control_nets and (can_all or options.flag("offer_controlnet")):
        can |= {"controlnet", "image_is_control", "return_control_map"}
    known = {sampler.value for sampler in KNOWN_IMAGE_SAMPLERS} | {"plms"}
    return ImageAbilities(
        models=tuple(models),
        max_pixels=options.whole_number("max_pixels", 1024 * 1024, least=_TRIAL_SIDE**2, most=4096 * 4096),
        capabilities=frozenset(can),
        samplers=usable_samplers() & known,
        max_batch=options.whole_number("max_batch", 4, least=1, most=20),
        knows_nsfw=options.flag("nsfw_models", default=True),
        previews=True,
    )
