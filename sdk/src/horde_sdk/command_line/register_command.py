"""`horde register`: an account of one's own."""

from __future__ import annotations

from typing import Annotated

import typer

from horde_sdk.command_line.connection import HordeOption, JsonOption, client_for, print_json, readable_errors
from horde_sdk.consts import ANON_API_KEY
from horde_sdk.harmless_text import one_line


def register(
    username: Annotated[str | None, typer.Argument(help="What you want to be called. Default: you are asked.")] = None,
    invitation: Annotated[str, typer.Option(help="The code of an invitation, where the horde needs one.")] = "",
    horde: HordeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an account on a horde and print its key, once. Nobody can tell you the key again: keep it."""
    if username is None:
        username = typer.prompt("Name", err=True)
    with readable_errors("Interrupted; whether an account was made is not known.", feature="registration by programs"):
        from horde_sdk.registration import RegisteredUserResponse, RegisterRequest

        request = RegisterRequest.model_validate(
            {"username": username, **({"invitation": invitation} if invitation else {})}
        )
        made = client_for(horde, ANON_API_KEY).ask(request, RegisteredUserResponse)
        if as_json:
            print_json(made.model_dump(mode="json", by_alias=True))
            return
        typer.echo(f"You are {one_line(made.alias)}. Your key, shown only now:", err=True)
        typer.echo(one_line(made.api_key))
        typer.echo("Commands use it as --apikey, or from the environment: AI_HORDE_API_KEY.", err=True)
        if not made.approved:
            typer.echo(
                "A moderator of the horde has yet to approve it: until then you can neither ask nor serve.", err=True
            )
