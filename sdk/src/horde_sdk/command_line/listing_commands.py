"""`horde models`, `horde workers`, `horde me`, `horde news`: what is there, and who you are to it."""

from __future__ import annotations

from collections.abc import Sequence
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
from horde_sdk.harmless_text import one_line, printable


def models(
    of_text: Annotated[bool, typer.Option("--text", help="Text models instead of image models.")] = False,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the image models that workers serve, or the text models, the most served first."""
    with readable_errors():
        client = client_for(horde, apikey)
        found = client.text_status_models_all() if of_text else client.image_status_models_all()
        if as_json:
            print_json(found.model_dump(mode="json", by_alias=True))
            return
        print_table(
            ("model", "threads", "queued", "wait"),
            [
                (one.name or "?", str(one.count or 0), f"{one.queued or 0:g}", f"{one.eta or 0} s")
                for one in sorted(found, key=lambda one: (-(one.count or 0), one.name or ""))
            ],
            nothing=f"No worker serves {'a text' if of_text else 'an image'} model at the moment.",
        )


def workers(horde: HordeOption = None, apikey: KeyOption = None, as_json: JsonOption = False) -> None:
    """List the workers that were seen lately."""
    with readable_errors():
        found = client_for(horde, apikey).workers_all_details()
        if as_json:
            print_json(found.model_dump(mode="json", by_alias=True))
            return
        print_table(
            ("worker", "kind", "state", "done", "models or forms"),
            [
                (
                    one.name,
                    str(one.type_),
                    "maintenance" if one.maintenance_mode else "paused" if one.paused else "online",
                    str(one.requests_fulfilled or 0),
                    ", ".join(one.models or one.forms or []),
                )
                for one in found
            ],
            nothing="No worker was seen lately.",
        )


def me(horde: HordeOption = None, apikey: KeyOption = None, as_json: JsonOption = False) -> None:
    """Say who you are to the horde, and how many kudos you have."""
    with readable_errors():
        user = client_for(horde, apikey).find_user()
        if as_json:
            print_json(user.model_dump(mode="json", by_alias=True, exclude_none=True))
            return
        shown = ("administrator", "moderator", "trusted", "customizer", "service", "education", "flagged", "deleted")
        roles = [role for role in shown if getattr(user, role)]
        typer.echo(
            f"{one_line(user.username or '?')}: {user.kudos or 0:g} kudos" + (f" ({', '.join(roles)})" if roles else "")
        )


def news(
    most: Annotated[int, typer.Option("--most", min=1, help="How many pieces, the newest first.")] = 3,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what is new on the horde."""
    with readable_errors():
        found = list(client_for(horde, apikey).get_news())[:most]
        if as_json:
            print_json([one.model_dump(mode="json", by_alias=True, exclude_none=True) for one in found])
            return
        for one in found:
            typer.secho(f"{one_line(one.date_published or '?')}  {one_line(one.title or 'News')}", bold=True)
            for line in printable(one.newspiece or "").strip().splitlines():
                typer.echo(f"│ {line}")  # so that no line of it can pass for one of the program's
            for url in one.more_info_urls or []:
                typer.echo(f"  {one_line(url)}")
            typer.echo()
        if not found:
            typer.echo("There is no news.")


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, nothing: str) -> None:
    """Print rows under headings, or the sentence that says that there are none."""
    if not rows:
        typer.echo(nothing)
        return
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    # What is longer than its column goes on in the next line: half a name is of no use.
    table = Table(*(Column(heading, overflow="fold") for heading in headings), box=None, header_style="bold")
    for row in rows:
        table.add_row(*(Text(one_line(cell)) for cell in row))
    Console().print(table)
