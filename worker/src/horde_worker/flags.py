"""The flags of `horde work`, one field each, and the keys of the settings file that they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

import typer

from horde_worker.configuration.variables import CONFIG_VARIABLE

ConfigOption = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="The settings file, or bridgeData.yaml of an older worker; `none`: no file. Default: "
        f"{CONFIG_VARIABLE}, else ~/.config/openhorde/worker.yaml.",
    ),
]

_KEYS: Final = {"apikey": "api_key", "backend": "backends", "alias": "aliases", "text_alias": "text_aliases"} | {
    "form": "forms",
    "private_network": "private_networks",
    "role": "roles",
}
"""Keys that have another name than their flag."""
_NO_KEYS: Final = frozenset({"config", "once", "json_log", "plain"})


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFlags:
    """As typed. A field's annotation is its flag; typer reads them in this order. None and False: nothing was typed."""

    config: ConfigOption = None
    horde: Annotated[
        str | None,
        typer.Option(
            "--horde", help="Address of the horde. Default: HORDE_URL, else AI_HORDE_URL, else http://127.0.0.1:7001."
        ),
    ] = None
    apikey: Annotated[
        str | None,
        typer.Option("--apikey", help="Key of the owner. Default: HORDE_API_KEY, else AI_HORDE_API_KEY."),
    ] = None
    name: Annotated[str | None, typer.Option("--name", help="Name of this worker, unique in the horde.")] = None
    backend: Annotated[
        list[str] | None,
        typer.Option(
            "--backend",
            metavar="TYPE[=URL]",
            help="What does the work: `comfyui`, `a1111`, `koboldcpp`, `llamacpp`, `openai`, `ollama`, or one that is "
            "built in, such as `demo`. Repeatable. Default: what is found running on this machine, else `demo`.",
        ),
    ] = None
    role: Annotated[
        list[str] | None,
        typer.Option("--role", help="Do this kind of work only: image, text, alchemy, embedding. Repeatable."),
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
    queue: Annotated[int | None, typer.Option(min=1, max=20, help="Jobs fetched ahead.")] = None
    nsfw: Annotated[
        bool | None, typer.Option("--nsfw/--no-nsfw", help="Take requests marked as not safe for work.")
    ] = None
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
    service: Annotated[
        bool,
        typer.Option(
            "--service", help="Go on where a person would be asked: wait for backends, try again every ten minutes."
        ),
    ] = False
    dashboard: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="A page on this machine, for example 127.0.0.1:7017; `off`: none."),
    ] = None
    private: Annotated[bool, typer.Option("--private", help="The page shows no pictures.")] = False
    plain: Annotated[bool, typer.Option("--plain", help="Log lines instead of a screen.")] = False
    json_log: Annotated[bool, typer.Option(help="Log lines as JSON.")] = False

    def typed(self) -> dict[str, Any]:
        """What was typed, by keys of the settings file."""
        found: dict[str, Any] = {}
        for name in type(self).__dataclass_fields__:
            value = getattr(self, name)
            if (name not in _NO_KEYS and value not in (None, False, [], ())) or (name == "nsfw" and value is False):
                found[_KEYS.get(name, name)] = value
        if self.json_log or self.plain:
            found["view"] = "json" if self.json_log else "plain"
        return found
