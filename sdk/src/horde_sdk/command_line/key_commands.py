"""`horde keys …`: the API keys that you have for yourself."""

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
    from horde_sdk.account_keys import KeyDetails, KeyDetailsResponse, KeyMadeResponse

app = typer.Typer(no_args_is_help=True, help="Your API keys: each for what you want it to be good for.")


class KeyScope(StrEnum):
    """What a key is for."""

    FULL = "full"
    ASK = "ask"
    WORK = "work"
    READ = "read"


KeyArgument = Annotated[int, typer.Argument(metavar="NUMBER", help="The key's number: see `horde keys list`.")]
ScopesOption = Annotated[
    list[KeyScope] | None,
    typer.Option("--scope", help="What it is for: all, asking, serving as a worker, reading. Repeatable."),
]
HoursOption = Annotated[int | None, typer.Option("--hours", min=-1, help="In how many hours it ends; -1: never.")]
KudosOption = Annotated[int | None, typer.Option(min=-1, help="How many kudos it may spend from now on; -1: no limit.")]
DailyOption = Annotated[int | None, typer.Option(min=-1, help="How many kudos it may spend a day; -1: no limit.")]
ModelsOption = Annotated[list[str] | None, typer.Option("--model", help="That it may ask for. Repeatable.")]
NetworksOption = Annotated[
    list[str] | None, typer.Option("--network", help="From which it may be used, such as 192.0.2.0/24. Repeatable.")
]
NameOption = Annotated[str | None, typer.Option(help="What you call it.")]
AllModelsOption = Annotated[bool, typer.Option("--all-models", help="Let it ask for every model again.")]
AllNetworksOption = Annotated[bool, typer.Option("--all-networks", help="Let it be used from everywhere again.")]


@app.command("list")
def list_keys(horde: HordeOption = None, apikey: KeyOption = None, as_json: JsonOption = False) -> None:
    """List your keys: what they are for, what they spent and when they were last used."""
    with readable_errors(feature="keys of your own"):
        from horde_sdk.account_keys import KeysRequest, KeysResponse

        found = client_for(horde, apikey).ask(KeysRequest(), KeysResponse).keys
        if as_json:
            print_json([key.model_dump(mode="json", by_alias=True, exclude_none=True) for key in found])
            return
        for key in found:
            _say(key)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What you call it.")],
    scopes: ScopesOption = None,
    hours: HoursOption = -1,
    kudos: KudosOption = -1,
    daily_kudos: DailyOption = -1,
    models: ModelsOption = None,
    networks: NetworksOption = None,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make one more key and print it, once. Unless told otherwise it asks for work."""
    with readable_errors(
        "Interrupted; whether it was made is not known: see `horde keys list`.", feature="keys of your own"
    ):
        from horde_sdk.account_keys import KeyCreateRequest, KeyMadeResponse

        made = client_for(horde, apikey).ask(
            KeyCreateRequest.model_validate(
                {
                    "name": name,
                    "scopes": [str(scope) for scope in scopes or [KeyScope.ASK]],
                    "expires_in_hours": hours,
                    "kudos": kudos,
                    "daily_kudos": daily_kudos,
                    "models": models or [],
                    "networks": networks or [],
                }
            ),
            KeyMadeResponse,
        )
        _tell(made, as_json=as_json)


@app.command()
def change(
    number: KeyArgument,
    name: NameOption = None,
    scopes: ScopesOption = None,
    hours: HoursOption = None,
    kudos: KudosOption = None,
    daily_kudos: DailyOption = None,
    models: ModelsOption = None,
    all_models: AllModelsOption = False,
    networks: NetworksOption = None,
    all_networks: AllNetworksOption = False,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a key; what is left out stays as it is."""
    with readable_errors(feature="keys of your own"):
        from horde_sdk.account_keys import KeyChangeRequest, KeyDetailsResponse

        changes: dict[str, Any] = {
            "name": name,
            "scopes": [str(scope) for scope in scopes] if scopes else None,
            "expires_in_hours": hours,
            "kudos": kudos,
            "daily_kudos": daily_kudos,
            "models": [] if all_models else models or None,
            "networks": [] if all_networks else networks or None,
        }
        asked = {field: value for field, value in changes.items() if value is not None}
        request = KeyChangeRequest.model_validate({"key_id": number, **asked})
        _tell(client_for(horde, apikey).ask(request, KeyDetailsResponse), as_json=as_json)


@app.command()
def rotate(
    number: KeyArgument,
    overlap_hours: Annotated[
        int, typer.Option("--overlap-hours", min=0, max=720, help="So long the key before is good, too.")
    ] = 0,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replace a key by another and print that, once. Its name, its limits and what it spent stay."""
    with readable_errors(feature="keys of your own"):
        from horde_sdk.account_keys import KeyMadeResponse, KeyRotateRequest

        request = KeyRotateRequest(key_id=number, overlap_hours=overlap_hours)
        _tell(client_for(horde, apikey).ask(request, KeyMadeResponse), as_json=as_json)


@app.command()
def revoke(
    number: KeyArgument,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a key at once, everywhere."""
    with readable_errors(feature="keys of your own"):
        from horde_sdk.account_keys import KeyRevokedResponse, KeyRevokeRequest

        said = client_for(horde, apikey).ask(KeyRevokeRequest(key_id=number), KeyRevokedResponse)
        if as_json:
            print_json({"message": said.message})
        else:
            typer.echo("The key is no longer valid.")


def _tell(key: KeyDetailsResponse | KeyMadeResponse, *, as_json: bool) -> None:
    """Print a key, and the secret of one that was just made, which nobody can show again."""
    if as_json:
        print_json(key.model_dump(mode="json", by_alias=True, exclude_none=True))
        return
    _say(key)
    if secret := getattr(key, "api_key", None):
        typer.echo(f"  the key, shown only now: {one_line(secret)}")


def _say(key: KeyDetails | KeyDetailsResponse | KeyMadeResponse) -> None:
    mark = " (the one in use)" if key.this_one else ""
    typer.echo(f"{key.id_}  {one_line(key.name)}: {', '.join(map(one_line, key.scopes))}{mark}")
    told = [f"{key.spent:g} kudos spent, {key.spent_today:g} today"]
    if key.kudos is not None:
        told.append(f"{key.kudos:g} left")
    if key.daily_kudos is not None:
        told.append(f"{key.daily_kudos} a day")
    told.append(f"ends {key.expires:%Y-%m-%d %H:%M} UTC" if key.expires else "never ends")
    told.append(f"last used {key.last_used:%Y-%m-%d %H:%M} UTC" if key.last_used else "not used yet")
    typer.echo(f"  {'; '.join(told)}")
    for what, names in (("models", key.models), ("networks", key.networks)):
        if names:
            typer.echo(f"  {what}: {', '.join(map(one_line, names))}")
