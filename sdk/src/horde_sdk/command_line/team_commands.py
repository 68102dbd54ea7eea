"""`horde teams …`: workers counted together. How a worker joins one: `horde worker NAME --team ID`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from horde_sdk.command_line.connection import (
    HordeOption,
    JsonOption,
    KeyOption,
    client_for,
    print_json,
    readable_errors,
)
from horde_sdk.command_line.listing_commands import print_table
from horde_sdk.command_line.worker_choice import given
from horde_sdk.harmless_text import one_line

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.apimodels import ModifyTeam, TeamDetails
    from horde_sdk.ai_horde_api.simple_clients import AIHordeAPISimpleClient

app = typer.Typer(no_args_is_help=True, help="Workers counted together. To join: horde worker NAME --team ID.")

TeamArgument = Annotated[str, typer.Argument(metavar="TEAM", help="A team's name or id.")]
InfoOption = Annotated[str | None, typer.Option(help="What everybody may read about it.")]


@app.command("list")
def list_teams(
    page: Annotated[int, typer.Option(min=1, help="Which page, where the horde has pages.")] = 1,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the teams, those with the most kudos first."""
    with readable_errors(feature="teams"):
        from horde_sdk.ai_horde_api.apimodels import AllTeamDetailsResponse
        from horde_sdk.command_line.team_pages import TeamsPageRequest

        found = client_for(horde, apikey).ask(TeamsPageRequest(page=page), AllTeamDetailsResponse)
        if as_json:
            print_json(found.model_dump(mode="json", by_alias=True, exclude_none=True))
            return
        print_table(
            ("team", "by", "workers", "kudos", "done", "id"),
            [
                (
                    one.name or "?",
                    one.creator or "?",
                    str(one.worker_count or 0),
                    f"{one.kudos or 0:g}",
                    str(one.requests_fulfilled or 0),
                    str(one.id_ or "?"),
                )
                for one in sorted(found.root, key=lambda one: -(one.kudos or 0))
            ],
            nothing="There are no teams." if page == 1 else "There are no more teams.",
        )


@app.command()
def show(
    team: TeamArgument,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a team is, who is in it, and what it did."""
    with readable_errors(feature="teams"):
        found = _team(client_for(horde, apikey), team)
        if as_json:
            print_json(found.model_dump(mode="json", by_alias=True, exclude_none=True))
        else:
            _say(found)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What to call it.")],
    info: InfoOption = None,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a team. For trusted users."""
    with readable_errors(feature="teams"):
        from horde_sdk.ai_horde_api.apimodels import CreateTeamRequest, ModifyTeam

        request = CreateTeamRequest.model_validate({"name": name, **given(info=info)})
        _say_briefly(client_for(horde, apikey).ask(request, ModifyTeam), as_json=as_json)


@app.command()
def change(
    team: TeamArgument,
    name: Annotated[str | None, typer.Option(help="What to call it.")] = None,
    info: InfoOption = None,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a team; what is left out stays as it is. For its maker and moderators."""
    with readable_errors(feature="teams"):
        from horde_sdk.ai_horde_api.apimodels import ModifyTeam, ModifyTeamRequest

        client = client_for(horde, apikey)
        changes = {"team_id": _id_of(client, team), **given(name=name, info=info)}
        _say_briefly(client.ask(ModifyTeamRequest.model_validate(changes), ModifyTeam), as_json=as_json)


@app.command()
def delete(
    team: TeamArgument,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete a team; its workers go on without one. For its maker and moderators."""
    with readable_errors(feature="teams"):
        from horde_sdk.ai_horde_api.apimodels import DeleteTeamRequest, DeleteTeamResponse

        client = client_for(horde, apikey)
        gone = client.ask(DeleteTeamRequest(team_id=_id_of(client, team)), DeleteTeamResponse)
        if as_json:
            print_json(gone.model_dump(mode="json", by_alias=True))
        else:
            typer.echo(f"The team {one_line(gone.deleted_name)} is gone.")


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _id_of(client: AIHordeAPISimpleClient, team: str) -> str:
    """Return the id of a team that is given by its id or name."""
    return team if _is_id(team) else str(_team(client, team).id_)


def _team(client: AIHordeAPISimpleClient, team: str) -> TeamDetails:
    """Return the team of that id, or of that name in any case, also where the horde does not look for names.

    Raises:
        typer.BadParameter: No team is called so.
    """
    from horde_sdk.ai_horde_api.apimodels import AllTeamDetailsResponse, SingleTeamDetailsRequest, TeamDetails
    from horde_sdk.command_line.team_pages import TeamsPageRequest

    if _is_id(team):
        return client.ask(SingleTeamDetailsRequest(team_id=team), TeamDetails)
    for one in client.ask(TeamsPageRequest(name=team), AllTeamDetailsResponse).root:
        if (one.name or "").casefold() == team.casefold():
            return one
    raise typer.BadParameter("no team is called so", param_hint="TEAM")


def _say_briefly(team: ModifyTeam, *, as_json: bool) -> None:
    if as_json:
        print_json(team.model_dump(mode="json", by_alias=True, exclude_none=True))
    else:
        typer.echo(f"{one_line(team.name)}: {one_line(team.id_)}")


def _say(team: TeamDetails) -> None:
    typer.echo(f"{one_line(team.name or '?')} of {one_line(team.creator or '?')}: {one_line(str(team.id_))}")
    if team.info:
        typer.echo(f"  {one_line(team.info)}")
    hours = (team.uptime or 0) / 3600
    typer.echo(f"  {team.requests_fulfilled or 0} done, {team.kudos or 0:g} kudos, {hours:.1f} hours of uptime")
    if team.contributions is not None:
        typer.echo(f"  {team.contributions:g} megapixelsteps, {team.speed or 0:g} per second")
    shown = [f"{one_line(one.name)} ({'online' if one.online else 'offline'})" for one in team.workers or []]
    typer.echo(f"  {team.worker_count or 0} workers" + (f": {', '.join(shown)}" if shown else ""))
    if team.models:
        typer.echo("  models: " + ", ".join(f"{one_line(one.name or '?')} ×{one.count or 0}" for one in team.models))
