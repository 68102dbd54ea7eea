"""Language models from local folders, run in this process by transformers and torch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

import structlog

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.in_process.devices import (
    SHARE_FOR_MODELS,
    Device,
    devices_named,
    is_device_lost,
    is_out_of_memory,
)
from horde_worker.backends.in_process.extras import need_extra, quiet
from horde_worker.backends.in_process.loaded_models import LoadedModels
from horde_worker.backends.in_process.offered_models import OfferedModels
from horde_worker.backends.in_process.options import Options
from horde_worker.backends.in_process.stations import GenerationStopped, Stations
from horde_worker.backends.interface import BackendSettings, Makers
from horde_worker.backends.text import ChatAbilities, TextAbilities, TextEvent, TextJob
from horde_worker.backends.text_servers.template_names import template_name
from horde_worker.backends.threads import events_of
from horde_worker.backends.transformers.model_folder import ModelFolder

if TYPE_CHECKING:
    from horde_worker.backends.transformers.text_model import TextModel

log = structlog.get_logger(__name__)

DEFAULT_CONTEXT: Final = 8192
"""Of models that know no limit."""
SHARE_FOR_TEXT: Final = 2
"""A text may have half of the context at most, so that a prompt always has room."""
_OPTIONS: Final = ("models", "devices", "dtype", "max_length", "max_context_length", "max_batch", "threads")


@dataclass(frozen=True, slots=True)
class _Station:
    """A device with the models on it."""

    device: Device
    models: LoadedModels[TextModel]


class TransformersBackend:
    """Texts of a job are written side by side; jobs take turns on a device."""

    name = "transformers"

    def __init__(
        self,
        folders: dict[str, ModelFolder],
        abilities: TextAbilities,
        offered: OfferedModels,
        stations: Stations[_Station],
    ) -> None:
        self._folders = folders
        self._abilities = abilities
        self._offered = offered
        self._stations = stations
        self._lost = ""

    @classmethod
    async def open(cls, settings: BackendSettings) -> Self:
        """Look at every folder, and write one token with the first model. Raises `BackendFailure`."""
        settings.check_known(*_OPTIONS)
        options = Options(settings)
        paths = options.paths("models")
        if not paths:
            raise options.wrong("models", "names at least one model and its folder")
        folders = {name: await asyncio.to_thread(ModelFolder.read, path) for name, path in paths.items()}
        abilities = _abilities(options, folders)
        dtype = options.word("dtype", ("auto", "float16", "bfloat16", "float32"))
        threads = options.whole_number("threads", 0, least=0, most=1024)
        need_extra(settings.name, "torch", "transformers", "psutil")
        return await asyncio.to_thread(cls._opened, folders, abilities, options.words("devices"), dtype, threads)

    @classmethod
    def _opened(
        cls,
        folders: dict[str, ModelFolder],
        abilities: TextAbilities,
        wished: tuple[str, ...],
        dtype: str,
        threads: int,
    ) -> Self:
        import torch

        quiet("transformers")
        from horde_worker.backends.transformers.text_model import TextModel

        if threads:
            torch.set_num_threads(threads)
        offered = OfferedModels({name: folder.path for name, folder in folders.items()})
        sizes = {name: folder.size_bytes for name, folder in folders.items()}

        def station(device: Device) -> _Station:
            def load(name: str) -> TextModel:
                log.info("backend.loading", model=name, device=device.name)
                try:
                    return TextModel.load(folders[name].path, device)
                except BackendFailure as failure:
                    offered.withdraw(name, str(failure))
                    raise

            budget_bytes = int(device.free_bytes() * SHARE_FOR_MODELS)
            return _Station(device, LoadedModels(sizes, budget_bytes, load, lambda _: device.give_back_memory()))

        stations = [station(device) for device in devices_named(wished, dtype, halves="bfloat16")]
        backend = cls(folders, abilities, offered, Stations(stations))
        backend._try_out()
        return backend

    @property
    def makers(self) -> Makers:
        """Texts."""
        return Makers(text=self)

    @property
    def abilities(self) -> TextAbilities:
        """With the models that can be loaded, and those that are."""
        loaded = tuple(dict.fromkeys(name for station in self._stations.all for name in station.models.names))
        return replace(self._abilities, models=self._offered.names, loaded=loaded)

    @property
    def unready(self) -> str:
        """Why no job can be done now; empty where some can."""
        return self._lost or ("" if self._offered.names else "no model can be loaded")

    @property
    def slots(self) -> int:
        """Jobs that can be done at once: one on each device."""
        return len(self._stations)

    async def self_test(self) -> None:
        """Write a token with the first model. Raises `BackendFailure`."""
        await asyncio.to_thread(self._try_out)

    async def unload(self) -> None:
        """Let go of the models of devices without a job; the next job loads what it needs."""

        def clear() -> None:
            with self._stations.free_now() as stations:
                for station in stations:
                    station.models.keep_only()

        await asyncio.to_thread(clear)

    async def close(self) -> None:
        """Unload the models, once what is in the making has stopped."""

        def clear() -> None:
            for station in self._stations.each_when_free():
                station.models.keep_only()

        await asyncio.to_thread(clear)

    async def make(self, job: TextJob) -> AsyncGenerator[TextEvent, None]:
        """Write the texts of a job; between two tokens a closed job ends."""

        def write(tell: Callable[[TextEvent], None], should_stop: Callable[[], bool]) -> None:
            with self._stations.one(should_stop) as station:
                try:
                    self._write(station, job, tell, should_stop)
                except Exception as error:
                    if is_device_lost(error):
                        self._lost = f"{station.device.name} has given up; a restart of the worker may help"
                    raise

        try:
            async with aclosing(events_of(write)) as events:
                async for event in events:
                    yield event
        except GenerationStopped as error:
            raise BackendFailure(str(error)) from error

    def _write(
        self,
        station: _Station,
        job: TextJob,
        tell: Callable[[TextEvent], None],
        should_stop: Callable[[], bool],
    ) -> None:
        """All texts at once; where there is no room for that, one after the other."""
        name = job.model if job.model in self._folders else next(iter(self._folders))  # an alias means the first
        room = self._folders[name].context_length or self._abilities.max_context_length
        places = range(len(job.ids))
        has_told = False

        def told(event: TextEvent) -> None:
            nonlocal has_told
            has_told = True
            tell(event)

        try:
            station.models.get(name).write(job, places, room, told, should_stop)
            return
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            log.warning("backend.out_of_memory", model=name, device=station.device.name, texts=len(places))
        station.models.keep_only(None if has_told else name)
        station.device.give_back_memory()
        if has_told:  # pieces cannot be taken back
            raise BackendFailure("out of memory in the middle of a text")
        try:
            for place in places:
                station.models.get(name).write(job, (place,), room, tell, should_stop)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            station.models.keep_only()
            raise BackendFailure("out of memory, also with one text at a time and no other model loaded") from error

    def _try_out(self) -> None:
        """A model that cannot write is found before the first job."""
        first = (self._offered.names or tuple(self._folders))[0]
        job = TextJob(("trial",), first, "Hello", 1, self._abilities.max_context_length, (0,), 60.0)
        with self._stations.one(lambda: False) as station:
            self._write(station, job, lambda _: None, lambda: False)


def _abilities(options: Options, folders: dict[str, ModelFolder]) -> TextAbilities:
    """What all the models can do: the horde is told one length for them."""
    lengths = [folder.context_length or DEFAULT_CONTEXT for folder in folders.values()]
    wished = options.whole_number("max_context_length", 1 << 20, least=80, most=1 << 20)
    context = min(wished, *lengths)
    most = max(16, context // SHARE_FOR_TEXT)
    return TextAbilities(
        models=tuple(folders),
        max_length=min(options.whole_number("max_length", 512, least=16, most=4096), most),
        max_context_length=context,
        max_batch=options.whole_number("max_batch", 4, least=1, most=20),
        chat=ChatAbilities() if all(folder.chat_template for folder in folders.values()) else None,
        templates={name: found for name, folder in folders.items() if (found := template_name(folder.chat_template))},
    )
