"""The worker that `worker_idle.py` measures: what `horde work` loads, with one backend."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from horde_worker import (
    command_line,  # noqa: F401  # `horde work` loads it, and typer with it
    structlog_without_rich,  # noqa: F401  # first, as `horde work` does
)
from horde_worker.backends.interface import BackendSettings
from horde_worker.commands.session import Session
from horde_worker.configuration.schema import Configuration
from horde_worker.settings import OperatorWishes, SpoolSettings, WorkerSettings


def main() -> None:
    """Serve until a signal."""
    wanted = json.loads(sys.argv[1])
    settings = WorkerSettings(
        horde_url=wanted["horde"],
        api_key="a key",
        wishes=OperatorWishes("bench"),
        backends=(BackendSettings(wanted["backend"], {"url": wanted["url"]}),),
        spool=SpoolSettings(folder=Path(tempfile.gettempdir()) / "bench-spool"),
    )
    session = Session(settings, Configuration(view="plain"))
    asyncio.run(session.run(None, None))


if __name__ == "__main__":
    main()
