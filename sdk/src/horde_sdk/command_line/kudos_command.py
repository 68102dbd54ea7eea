"""`horde kudos`: what you have, and what it came from and went to."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

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
from horde_sdk.exceptions import HordeException
from horde_sdk.harmless_text import one_line

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.simple_clients import AIHordeAPISimpleClient
    from horde_sdk.kudos_statement import KudosStatementLine, KudosStatementResponse

_COLUMNS = (
    "time", "kind", "amount", "escrow", "balance_after", "escrow_after", "type", "model", "request_id", "job_id",
    "worker_id", "counterpart",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MOST_LINES = 1000

_TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


def kudos(
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, max=_MOST_LINES, help="How many of the newest.")] = 20,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=_TIMES, help="Only what was at that time (UTC) and later.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=_TIMES, help="Only what was before that time (UTC).")
    ] = None,
    into: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write all lines to a CSV file; - is standard output.")
    ] = None,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say how many kudos you have, and what they came from and went to, newest first."""
    with readable_errors():
        pages = _pages(client_for(horde, apikey), since, until, _MOST_LINES if into else max(lines, 1))
        first = next(pages)
        if into is not None:
            written = _write(into, first, pages)
            if str(into) != "-":
                typer.echo(f"{into}: {written} lines.")
        elif as_json:
            print_json(first.model_dump(mode="json", by_alias=True, exclude_none=True))
        else:
            typer.echo(_standing(first))
            if lines:
                print_table(_HEADINGS, list(map(_row, first.lines)), nothing="Nothing moved yet.")


def _pages(
    client: AIHordeAPISimpleClient, since: datetime | None, until: datetime | None, limit: int
) -> Iterator[KudosStatementResponse]:
    """Fetch the pages, newest first, each when it is asked for."""
    from horde_sdk.kudos_statement import KudosStatementRequest, KudosStatementResponse

    before = None
    while True:
        request = KudosStatementRequest(from_=since, to=until, before=before, limit=limit)
        page = client.ask(request, KudosStatementResponse)
        yield page
        before = page.next_
        if before is None:
            return


def _standing(page: KudosStatementResponse) -> str:
    parts = [f"{page.balance:g} kudos"]
    if page.held:
        parts.append(f"{page.held:g} of them reserved for requests that are not served yet")
    if page.escrow:
        parts.append(f"{page.escrow:g} more are held back until you are trusted")
    return "; ".join(parts) + "."


_HEADINGS = ("time (UTC)", "for", "kudos", "held back", "then", "what")


def _row(line: KudosStatementLine) -> tuple[str, ...]:
    told = line.counterpart or line.model or line.type_ or ""
    return (
        f"{line.time:%Y-%m-%d %H:%M:%S}",
        str(line.kind),
        f"{line.amount:+.2f}",
        f"{line.escrow:+.2f}" if line.escrow else "",
        "" if line.balance_after is None else f"{line.balance_after:.2f}",
        told,
    )


def _write(into: Path, first: KudosStatementResponse, others: Iterator[KudosStatementResponse]) -> int:
    """Write all lines; how many. A file is there whole, or as it was before."""
    with _opened(into) as file:
        rows = csv.writer(file)
        rows.writerow(_COLUMNS)
        written = 0
        for page in chain([first], others):
            for line in page.lines:
                values = line.model_dump(mode="json", by_alias=True)
                rows.writerow([_cell(values.get(column)) for column in _COLUMNS])
                written += 1
    return written


def _cell(value: object) -> str:
    """Spreadsheets take a text that begins so for a formula: a stranger's name must not become one."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.2f}"
    text = one_line(str(value))
    return f"'{text}" if text.startswith(_FORMULA) else text


@contextmanager
def _opened(into: Path) -> Iterator[TextIO]:
    if str(into) == "-":
        yield sys.stdout
        return
    beside = into.with_name(f".{into.name}.{os.getpid()}")
    try:
        with beside.open("x", encoding="utf-8", newline="") as file:
            yield file
        beside.replace(into)
    except OSError as error:
        raise HordeException(f"{into} could not be written: {error.strerror}.") from error
    finally:
        beside.unlink(missing_ok=True)
