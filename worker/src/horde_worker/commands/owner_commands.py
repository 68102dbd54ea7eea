"""The commands of `horde worker` as they are typed. What they do is imported when they run, so that help is quick."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from horde_worker.flags import ConfigOption

NameArgument = Annotated[
    str | None, typer.Argument(help="A worker of yours. Default: those of the settings file.", show_default=False)
]
BackendOption = Annotated[
    list[str] | None,
    typer.Option("--backend", metavar="TYPE[=URL]", help="With this backend instead. Repeatable."),
]


def status(
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Say how your worker does: here, by its page on this machine, and at its horde. Exit code 1: it does not run."""
    from horde_worker.commands.status import run

    run(config, as_json=as_json)


def doctor(config: ConfigOption = None) -> None:
    """Look at settings, horde, key, names, clock, backends, models and disk. Exit code 1: the worker cannot work."""
    from horde_worker.commands.doctor import run

    run(config)


def benchmark(
    config: ConfigOption = None,
    backend: BackendOption = None,
    seconds: Annotated[float, typer.Option(min=5, max=3600, help="How long to measure pictures, about.")] = 120.0,
    write: Annotated[bool, typer.Option("--write", help="Write the proposed settings into the settings file.")] = False,
) -> None:
    """Measure through the backends what they do in which time, and propose settings. No horde gets any of it."""
    from horde_worker.commands.benchmark import run

    run(config, backend or [], seconds, write=write)


def simulate(
    config: ConfigOption = None,
    backend: BackendOption = None,
    jobs: Annotated[int, typer.Option(min=1, max=1000, help="Jobs of each kind of work.")] = 2,
    folder: Annotated[Path, typer.Option("--folder", help="Where the results go.")] = Path("simulated"),
) -> None:
    """Feed jobs to the worker from a horde that lives in this process. Needs no account and earns nothing."""
    from horde_worker.commands.simulate import run

    run(config, backend or [], jobs, folder)


def once(config: ConfigOption = None) -> None:
    """Do one job of each kind by the settings file, then leave: the same as `horde work --once`."""
    command = [sys.executable, "-m", "horde_worker", "--once", "--plain", *(["--config", config] if config else [])]
    try:
        raise typer.Exit(subprocess.run(command, check=False).returncode)
    except KeyboardInterrupt:  # the worker has heard it too
        raise typer.Exit(0) from None


def drain(
    name: NameArgument = None,
    reason: Annotated[
        str, typer.Option("--reason", help="Why, for the worker's log and whoever looks at it.")
    ] = "Drained by its owner.",
    config: ConfigOption = None,
) -> None:
    """Have the horde give the worker no more jobs but your own, until `resume` or its next start.

    What it holds it finishes.
    """
    from horde_worker.commands.control import run
    from horde_worker.remote import drain_message

    change = {"maintenance": True, "maintenance_msg": drain_message(reason)}
    run(name, config, change, "gets no more jobs, but for your own")


def resume(name: NameArgument = None, config: ConfigOption = None) -> None:
    """Have the horde give the worker jobs again."""
    from horde_worker.commands.control import run

    run(name, config, {"maintenance": False}, "gets jobs again")


def import_bridge_data(
    file: Annotated[Path, typer.Argument(help="bridgeData.yaml of an older worker.")],
    config: ConfigOption = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a settings file that is there.")] = False,
) -> None:
    """Write a settings file from bridgeData.yaml, and say which of its keys are not used, with their lines."""
    from horde_worker.commands.importing import run

    run(file, config, force=force)
