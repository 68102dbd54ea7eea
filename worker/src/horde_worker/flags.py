"""The flags of `horde work`, one field each, and what they come to: the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFlags:
    """As typed. A field's annotation is its flag; typer reads them in this order."""

    horde: Annotated[
        str, typer.Option("--horde", envvar=["HORDE_URL", "AI_HORDE_URL"], help="Address of the horde.")
    ] = "http://127.0.0.1:7001"
    apikey: Annotated[
        str | None, typer.Option("--apikey", envvar=["HORDE_API_KEY", "AI_HORDE_API_KEY"], help="Key of the owner.")
    ] = None
    name: Annotated[str | None, typer.Option("--name", help="Name of this worker, unique in the horde.")] = None
    backend: Annotated[
        list[str] | None,
        typer.Option(
            "--backend",
            help="What does the work: `demo` makes pictures (the default), `demo-text` texts, `demo-alchemy` works on "
            "pictures. Repeatable, once a kind.",
        ),
    ] = None
    alias: Annotated[
        list[str] | None,
        typer.Option(
            "--alias", help="Serve this model name too, with the first backend (private hordes, tests). Repeatable."
        ),
    ] = None
    text_alias: Annotated[
        list[str] | None,
        typer.Option("--text-alias", help="Serve this model name too, with the text backend. Repeatable."),
    ] = None
    max_pixels: Annotated[int | None, typer.Option(min=4096, help="Largest picture: width × height.")] = None
    max_length: Annotated[int | None, typer.Option(min=16, help="Longest text, in tokens.")] = None
    max_context_length: Annotated[
        int | None, typer.Option(min=80, help="Longest prompt and text together, in tokens.")
    ] = None
    form: Annotated[
        list[str] | None,
        typer.Option("--form", help="Offer this form of alchemy only. Repeatable. Default: all the backend can."),
    ] = None
    max_tiles: Annotated[
        int | None, typer.Option(min=1, max=256, help="Largest source of alchemy, in tiles of 512×512 pixels.")
    ] = None
    batch: Annotated[int | None, typer.Option(min=1, max=20, help="Most results of one request at a time.")] = None
    queue: Annotated[int, typer.Option(min=1, max=20, help="Jobs fetched ahead.")] = 1
    nsfw: Annotated[bool, typer.Option("--nsfw/--no-nsfw", help="Take requests marked as not safe for work.")] = True
    named_only: Annotated[
        bool, typer.Option("--named-only", help="Serve only requests that name this worker, to try it out.")
    ] = False
    bridge_agent: Annotated[
        str | None, typer.Option(help="How the worker names its software; see docs/worker.md before changing it.")
    ] = None
    private_network: Annotated[
        list[str] | None,
        typer.Option(
            "--private-network",
            metavar="NETWORK",
            help="A network of your own that the horde may point to, besides the internet and itself, for example "
            "192.168.1.0/24. Repeatable. Default: those of HORDE_PRIVATE_NETWORKS.",
        ),
    ] = None
    once: Annotated[bool, typer.Option("--once", help="Do one job, then leave.")] = False
    exit_on_maintenance: Annotated[bool, typer.Option(help="Leave when put into maintenance (exit code 4).")] = False
    json_log: Annotated[bool, typer.Option(help="Log lines as JSON.")] = False
