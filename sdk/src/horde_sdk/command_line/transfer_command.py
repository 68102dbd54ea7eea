"""`horde transfer`: give kudos."""

from __future__ import annotations

from typing import Annotated

import typer

from horde_sdk.command_line.connection import (
    HordeOption,
    JsonOption,
    KeyOption,
    client_for,
    print_json,
    readable_errors,
)
from horde_sdk.harmless_text import one_line


def transfer(
    recipient: Annotated[str, typer.Argument(metavar="ALIAS#NUMBER", help="Who gets them; a shared key may, too.")],
    amount: Annotated[int, typer.Argument(min=1, help="How many kudos.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give kudos of yours to somebody. They cannot be taken back."""
    if not yes:
        typer.confirm(f"Give {amount} kudos to {one_line(recipient)}?", abort=True, err=True)
    with readable_errors("Interrupted; whether the kudos were given is not known: see `horde me`."):
        given = client_for(horde, apikey).transfer_kudos(recipient, amount).transferred
        if as_json:
            print_json({"transferred": given})
        else:
            typer.echo(f"{one_line(recipient)} has {given:g} kudos more.")
