"""`horde worker`: one worker, and what its owner changes about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from horde_sdk.command_line.connection import (
    HordeOption,
    JsonOption,
    KeyOption,
    client_for,
    print_json,
    readable_errors,
)
from horde_sdk.command_line.worker_choice import given
from horde_sdk.harmless_text import one_line

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.apimodels import SingleWorkerDetailsResponse


def worker(
    name: Annotated[str, typer.Argument(help="The worker's name.")],
    maintenance: Annotated[
        bool | None, typer.Option("--maintenance/--no-maintenance", help="Whether it serves its owner only.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why it is in maintenance, for the worker's log.")] = None,
    info: Annotated[str | None, typer.Option(help="What everybody may read about it.")] = None,
    rename: Annotated[str | None, typer.Option(metavar="NAME", help="Call it so from now on.")] = None,
    team: Annotated[str | None, typer.Option(metavar="ID", help="Its team; empty: none.")] = None,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say how a worker does, after the changes that you ask for."""
    changes = {
        **given(maintenance_msg=reason, info=info, name=rename),
        **({} if maintenance is None else {"maintenance": maintenance}),
        **({} if team is None else {"team": team}),
    }
    with readable_errors():
        from horde_sdk.ai_horde_api.apimodels import ModifyWorkerRequest

        client = client_for(horde, apikey)
        found = client.worker_details_by_name(name)
        if changes:
            client.worker_modify(ModifyWorkerRequest.model_validate({"worker_id": found.id_, **changes}))
            found = client.worker_details(found.id_)
        if as_json:
            print_json(found.model_dump(mode="json", by_alias=True, exclude_none=True))
        else:
            _say(found)


def _say(found: SingleWorkerDetailsResponse) -> None:
    state = "in maintenance" if found.maintenance_mode else "paused" if found.paused else "online"
    if not found.online:
        state = f"not seen lately ({state})" if state != "online" else "not seen lately"
    typer.echo(f"{one_line(found.name)}: {one_line(str(found.type_))} worker, {state}")
    typer.echo(f"  {found.requests_fulfilled or 0} done, {one_line(found.performance or 'no speed known')}")
    if found.models:
        typer.echo(f"  models: {one_line(', '.join(found.models))}")
    if found.team and found.team.name:
        typer.echo(f"  team: {one_line(found.team.name)}")
    for message in found.messages or []:
        typer.echo(f"  told: {one_line(message.message)}")
    if found.info:
        typer.echo(f"  {one_line(found.info)}")
