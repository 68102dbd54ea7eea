"""Which horde a command talks to, with which key, and how it says that something went wrong."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from horde_sdk.command_line.terminal import one_line, printable_json
from horde_sdk.consts import ANON_API_KEY

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.simple_clients import AIHordeAPISimpleClient

DEFAULT_HORDE_URL = "http://127.0.0.1:7001"
CANCELLED = "Interrupted; what was asked for has been cancelled."
POLL_INTERVAL_S = 1.1
"""Text may be looked at 60 times a minute."""

HordeOption = Annotated[
    str | None,
    typer.Option("--horde", metavar="URL", help=f"The horde. Default: AI_HORDE_URL, else {DEFAULT_HORDE_URL}."),
]
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--apikey",
        metavar="KEY",
        help="Your key. Default: AI_HORDE_API_KEY, else HORDE_API_KEY, else anonymous.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def client_for(horde: str | None, apikey: str | None) -> AIHordeAPISimpleClient:
    """Return a client for the options of a command."""
    from horde_sdk.ai_horde_api.endpoints import base_url_of
    from horde_sdk.ai_horde_api.simple_clients import AIHordeAPISimpleClient
    from horde_sdk.client_agent import create_bridge_agent_string

    url = horde or os.environ.get("AI_HORDE_URL") or DEFAULT_HORDE_URL
    try:
        base_url_of(url)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--horde") from None
    from horde_sdk._version import __version__

    return AIHordeAPISimpleClient(
        poll_interval=POLL_INTERVAL_S,
        base_url=url,
        apikey=apikey or os.environ.get("AI_HORDE_API_KEY") or os.environ.get("HORDE_API_KEY") or ANON_API_KEY,
        client_agent=create_bridge_agent_string("openhorde_cli", __version__, "unknown"),
    )


@contextmanager
def readable_errors(interrupted: str = "Interrupted.") -> Iterator[None]:
    """Turn what goes wrong into one sentence on standard error and exit code 1.

    Args:
        interrupted: What to say after Ctrl-C.
    """
    from pydantic import ValidationError

    from horde_sdk.exceptions import AIHordeRequestError, HordeException, PayloadValidationError

    try:
        yield
    except PayloadValidationError as error:
        fail("; ".join([error.message, *(f"{field}: {reason}" for field, reason in error.errors.items())]), error.rc)
    except AIHordeRequestError as error:
        fail(error.message, error.rc)
    except ValidationError as error:
        fail("; ".join(f"{'.'.join(map(str, one['loc'])) or 'request'}: {one['msg']}" for one in error.errors()))
    except (HordeException, OSError) as error:
        fail(str(error))
    except KeyboardInterrupt:
        fail(interrupted)


def fail(sentence: str, rc: str = "RC_MISSING") -> None:
    """Say what went wrong and leave with exit code 1."""
    known_rc = "" if rc == "RC_MISSING" else f" [{rc}]"
    typer.secho(one_line(f"{sentence.rstrip()}{known_rc}"), err=True, fg=typer.colors.RED)
    raise typer.Exit(1)


def print_json(content: object) -> None:
    """Print a value as JSON."""
    typer.echo(printable_json(json.dumps(content, indent=2, ensure_ascii=False)))


def say_price(kudos: float, *, as_json: bool) -> None:
    """Say what a request would cost."""
    if as_json:
        print_json({"kudos": kudos})
    else:
        typer.echo(f"It would cost {kudos:g} kudos.")
