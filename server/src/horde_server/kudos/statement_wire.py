"""A page of a statement as JSON and as CSV."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import msgspec

from horde_server.kudos.statements import Page, ToldLine

COLUMNS = (
    "time", "kind", "amount", "escrow", "balance_after", "escrow_after", "type", "model", "request_id", "job_id",
    "worker_id", "counterpart",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_json(page: Page) -> bytes:
    """The body of a JSON answer."""
    body: dict[str, Any] = {
        "balance": page.standing.balance / 100,
        "escrow": page.standing.escrow / 100,
        "held": page.standing.held / 100,
        "lines": [{name: value for name, value in _values(told).items() if value is not None} for told in page.lines],
    }
    if page.next is not None:
        body["next"] = page.next
    return msgspec.json.encode(body)


def as_csv(page: Page) -> bytes:
    """The body of a CSV answer (RFC 4180): a line with the names of the columns, then the page's lines."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for told in page.lines:
        rows.writerow([_cell(value) for value in _values(told).values()])
    return text.getvalue().encode()


def _values(told: ToldLine) -> dict[str, Any]:
    """By column; None where there is nothing to tell."""
    line = told.line
    values = (
        told_time(line.created_at),
        line.kind,
        line.change / 100,
        line.escrow_change / 100,
        None if told.balance is None else told.balance / 100,
        None if told.escrow is None else told.escrow / 100,
        line.domain,
        line.model,
        line.request_id,
        line.job_id,
        line.worker_id,
        line.counterpart,
    )
    return dict(zip(COLUMNS, values, strict=True))


def told_time(at: datetime) -> str:
    """In UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _cell(value: object) -> str:
    """Spreadsheets take a text that begins so for a formula: other people's names must not become one."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.2f}"
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
