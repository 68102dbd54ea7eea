"""`horde account …`: changing and deleting your own account; `horde users`: who else is there."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

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

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.apimodels import UserDetailsResponse
    from horde_sdk.ai_horde_api.simple_clients import AIHordeAPISimpleClient

app = typer.Typer(no_args_is_help=True, help="Your own account: its name, its passkey, its end.")


class Sort(StrEnum):
    """In which order users are listed."""

    KUDOS = "kudos"
    AGE = "age"


def users(
    sort: Annotated[Sort, typer.Option(help="Those with most kudos first, or the oldest.")] = Sort.KUDOS,
    page: Annotated[int, typer.Option(min=1, max=10_000, help="Which page of 25.")] = 1,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the users of a horde, 25 at a time."""
    with readable_errors():
        from horde_sdk.ai_horde_api.apimodels import ListUsersDetailsRequest, ListUsersDetailsResponse
        from horde_sdk.command_line.listing_commands import print_table

        found = client_for(horde, apikey).ask(ListUsersDetailsRequest(page=page, sort=sort), ListUsersDetailsResponse)
        if as_json:
            print_json(found.model_dump(mode="json", by_alias=True, exclude_none=True))
            return
        roles = ("administrator", "moderator", "trusted", "service", "education", "flagged", "deleted")
        print_table(
            ("user", "kudos", "workers", "roles"),
            [
                (
                    user.username or "?",
                    f"{user.kudos or 0:g}",
                    str(user.worker_count or 0),
                    ", ".join(role for role in roles if getattr(user, role)),
                )
                for user in found.root
            ],
            nothing="No user is on this page.",
        )


@app.command()
def change(
    name: Annotated[str | None, typer.Option(help="Another user name; the number stays.")] = None,
    contact: Annotated[str | None, typer.Option(help="How moderators reach you.")] = None,
    public_workers: Annotated[
        bool | None, typer.Option("--public-workers/--private-workers", help="Whether all see whose your workers are.")
    ] = None,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change your account; what is not named stays as it is."""
    wanted = {"username": name, "contact": contact, "public_workers": public_workers}
    given = {field: value for field, value in wanted.items() if value is not None}
    if not given:
        raise typer.BadParameter("Name at least one thing to change: see --help.")
    with readable_errors():
        client = client_for(horde, apikey)
        changed = _modify(client, _number(client.find_user()), **given)
        if as_json:
            print_json(changed)
        else:
            typer.echo("Changed: " + ", ".join(f"{field} {one_line(str(value))}" for field, value in changed.items()))


@app.command()
def passkey(horde: HordeOption = None, apikey: KeyOption = None, as_json: JsonOption = False) -> None:
    """Make a passkey, by which a service's programs say for whom they ask. The one before it ends."""
    with readable_errors():
        client = client_for(horde, apikey)
        made = _modify(client, _number(client.find_user()), generate_proxy_passkey=True)
        if as_json:
            print_json(made)
        else:
            typer.echo(f"Your passkey, shown only now: {one_line(str(made['proxy_passkey']))}")


@app.command()
def delete(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete your account. For a while it can be taken back by `horde account undelete`; then it is wiped."""
    with readable_errors():
        from horde_sdk.ai_horde_api.apimodels import DeleteUserRequest, DeleteUserResponse

        client = client_for(horde, apikey)
        user = client.find_user()
        if not yes:
            typer.confirm(
                f"Delete {one_line(user.username or '?')} with its workers, keys and {user.kudos or 0:g} kudos?",
                abort=True,
                err=True,
            )
        client.ask(DeleteUserRequest(user_id=_number(user)), DeleteUserResponse)
        if as_json:
            print_json({"username": user.username, "deleted": True, "wiped": bool(user.deleted)})
        elif user.deleted:
            typer.echo("Your account is wiped.")
        else:
            typer.echo("Your account is marked for deletion. `horde account undelete` takes that back.")


@app.command()
def undelete(horde: HordeOption = None, apikey: KeyOption = None, as_json: JsonOption = False) -> None:
    """Take back the deletion of your account."""
    with readable_errors():
        client = client_for(horde, apikey)
        changed = _modify(client, _number(client.find_user()), undelete=True)
        if as_json:
            print_json(changed)
        else:
            typer.echo("Your account is as it was.")


def _number(user: UserDetailsResponse) -> str:
    """Return the number of the account, as paths have it."""
    return str(user.id_ if user.id_ is not None else (user.username or "").rpartition("#")[2])


def _modify(client: AIHordeAPISimpleClient, user_id: str, **change: Any) -> dict[str, Any]:
    """Change an account, and return what is another now."""
    from horde_sdk.ai_horde_api.apimodels import ModifyUserRequest, ModifyUserResponse

    changed = client.ask(ModifyUserRequest.model_validate({"user_id": user_id, **change}), ModifyUserResponse)
    return dict(changed.model_dump(mode="json", by_alias=True, exclude_none=True))
