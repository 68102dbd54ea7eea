"""The worker that `worker_idle.py` measures: what `horde work` loads, with a played backend or a real one."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import TYPE_CHECKING, Self

from horde_worker import command_line  # noqa: F401  # `horde work` loads it, and typer with it
from horde_worker.backends import registry
from horde_worker.backends.interface import BackendSettings, Makers
from horde_worker.backends.over_http.attendance import Attendance
from horde_worker.backends.over_http.options import ServerOptions
from horde_worker.backends.over_http.server import BackendServer
from horde_worker.run import run_worker
from horde_worker.settings import OperatorWishes, SpoolSettings, WorkerSettings

if TYPE_CHECKING:
    from horde_worker.backends.image import ImageAbilities
    from horde_worker.backends.text import TextAbilities


class Played:
    """Looks at its server as all backends over HTTP do; never gets a job."""

    def __init__(self, settings: BackendSettings) -> None:
        self.name = settings.name
        self._server = BackendServer(self.name, ServerOptions(url=str(settings.options["url"])))
        self._attendance = Attendance(self.name, self._look, self._test)

    @classmethod
    async def open(cls, settings: BackendSettings) -> Self:
        played = cls(settings)
        await played._attendance.start()
        return played

    @property
    def makers(self) -> Makers:
        return Makers(image=self) if self.name == "image" else Makers(text=self)  # type: ignore[arg-type]  # either

    @property
    def abilities(self) -> ImageAbilities | TextAbilities:
        return self._attendance.abilities

    @property
    def unready(self) -> str:
        return self._attendance.unready

    async def close(self) -> None:
        await self._attendance.aclose()
        await self._server.aclose()

    async def make(self, job: object) -> AsyncGenerator[object, None]:
        raise AssertionError("there are no jobs")
        yield

    async def _look(self) -> ImageAbilities | TextAbilities:
        models = tuple(await self._server.get_json("/models"))
        if self.name == "image":
            from horde_worker.backends.image import ImageAbilities

            return ImageAbilities(models, 1024 * 1024, frozenset({"r2"}), frozenset({"k_euler"}))
        from horde_worker.backends.text import TextAbilities

        return TextAbilities(models, 512, 4096)

    async def _test(self, _abilities: object) -> None:
        """Being there is enough."""


def main() -> None:
    """Serve until a signal."""
    wanted = json.loads(sys.argv[1])
    for name in ("image", "text"):
        registry._BUILT_IN[name] = lambda: Played  # noqa: SLF001 - as a package would offer it
    settings = WorkerSettings(
        horde_url=wanted["horde"],
        api_key="a key",
        wishes=OperatorWishes("bench"),
        backends=(BackendSettings(wanted["kind"], {"url": wanted["url"]}),),
        spool=SpoolSettings(folder=Path(tempfile.gettempdir()) / "bench-spool"),
    )
    asyncio.run(run_worker(settings))


if __name__ == "__main__":
    main()
