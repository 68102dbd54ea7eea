"""Connection of a command: which horde, with which key, and how it says that something went wrong."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from horde_sdk.consts import ANON_API_KEY
from horde_sdk.harmless_text import one_line, printable_json

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.simple_clients import AIHordeAPISimpleClient
    from horde_sdk.generic_api.retries import Retry

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
        help="Your key. Default: AI_HORDE_DEV_APIKEY, else AI_HORDE_API_KEY, else HORDE_API_KEY, else anonymous.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def horde_and_key(horde: str | None, apikey: str | None) -> tuple[str, str]:
    """Return the address and the key that the options of a command, or the environment, name."""
    from horde_sdk.ai_horde_api.base_clients import apikey_of_environment
    from horde_sdk.ai_horde_api.endpoints import base_url_of

    url = horde or os.environ.get("AI_HORDE_URL") or DEFAULT_HORDE_URL
    try:
        base_url_of(url)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--horde") from None
    return url, apikey or apikey_of_environment() or ANON_API_KEY


def client_for(horde: str | None, apikey: str | None) -> AIHordeAPISimpleClient:
    """Return a client for the options of a command."""
    from horde_sdk._version import __version__
    from horde_sdk.ai_horde_api.simple_clients import AIHordeAPISimpleClient
    from horde_sdk.client_agent import create_bridge_agent_string

    url, key = horde_and_key(horde, apikey)
    return AIHordeAPISimpleClient(
        poll_interval=POLL_INTERVAL_S,
        base_url=url,
        apikey=key,
        on_retry=say_retry,
        client_agent=create_bridge_agent_string("openhorde_cli", __version__, "unknown"),
    )


def say_retry(retry: Retry) -> None:
    """Say that a call is tried again, and why.

    Raises:
        HordeConnectionRefusedError: There never was a horde at that address, and waiting makes none.
    """
    from horde_sdk.exceptions import HordeConnectionError, HordeConnectionRefusedError

    failure = retry.failure
    if isinstance(failure, HordeConnectionRefusedError) and not retry.has_ever_answered:
        raise failure
    reason = str(failure) if isinstance(failure, HordeConnectionError) else _reason_of(failure.status, failure.body)
    again = f"Trying again in {retry.delay_s:.1f} s."
    typer.secho(one_line(f"{reason.rstrip('.')}. {again}"), err=True, fg=typer.colors.YELLOW)


def _reason_of(status: int, body: bytes) -> str:
    """Return what a refusal says, as far as it is for people."""
    from horde_sdk.generic_api.rate_limits import rate_in_words

    try:
        message = str(json.loads(body)["message"])
    except (ValueError, RecursionError, KeyError, TypeError):
        message = ""
    if allowed := rate_in_words(message):
        return f"{allowed[0].upper()}{allowed[1:]}"
    return message[:300] or f"The horde answered HTTP {status}"


@contextmanager
def readable_errors(interrupted: str = "Interrupted.", *, feature: str | None = None) -> Iterator[None]:
    """Turn what goes wrong into one sentence on standard error and exit code 1; warnings become sentences too.

    Args:
        interrupted: What to say after Ctrl-C or SIGTERM.
        feature: What the command is about, where some hordes have no such thing.
    """
    from pydantic import ValidationError

    from horde_sdk.exceptions import AIHordeRequestError, HordeConnectionRefusedError, HordeException
    from horde_sdk.generic_api.termination import interrupted_by_termination

    try:
        with interrupted_by_termination(), _readable_warnings():
            yield
    except AIHordeRequestError as error:
        if feature is not None and error.status_code == 404 and error.rc in ("NotFound", "RC_MISSING"):
            fail(f"This horde does not support {feature}.")
        fail(str(error), error.rc)
    except ValidationError as error:
        fail("; ".join(map(_misfit, error.errors())))
    except HordeConnectionRefusedError as error:
        fail(f"{error} `horde up` starts one; --horde names another.")
    except (HordeException, OSError) as error:
        fail(str(error))
    except KeyboardInterrupt:
        fail(interrupted)


@contextmanager
def _readable_warnings() -> Iterator[None]:
    """Print what the library warns of as a sentence."""
    from horde_sdk.exceptions import HordeWarning

    with warnings.catch_warnings():
        usual = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> None:
            if issubclass(category, HordeWarning):
                typer.secho(one_line(str(message)), err=True, fg=typer.colors.YELLOW)
            else:
                usual(message, category, *rest, **more)

        warnings.simplefilter("always", HordeWarning)
        warnings.showwarning = show
        yield


def _misfit(error: Any) -> str:
    """Name a field and what is wrong with it; numbers are repeated, as they are nobody's secret."""
    given = error.get("input")
    told = f", not {given}" if isinstance(given, int | float) and not isinstance(given, bool) else ""
    return f"{'.'.join(map(str, error['loc'])) or 'request'}: {error['msg']}{told}"


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
