"""Options that say who may serve a request, for images and texts."""

from __future__ import annotations

from typing import Annotated, Any

import typer

_PANEL = "Who may serve it"

ModelOption = Annotated[
    list[str] | None,
    typer.Option("--model", "-m", metavar="NAME", help="A model; repeat to allow several. Default: any."),
]
WorkerOption = Annotated[
    list[str] | None,
    typer.Option("--worker", metavar="ID", help="Only this worker; repeat to allow several.", rich_help_panel=_PANEL),
]
AvoidOption = Annotated[
    list[str] | None,
    typer.Option("--avoid-worker", metavar="ID", help="Any worker but this; repeatable.", rich_help_panel=_PANEL),
]
TrustedOption = Annotated[
    bool, typer.Option("--trusted-workers", help="Only workers of trusted users.", rich_help_panel=_PANEL)
]
FastOption = Annotated[
    bool, typer.Option("--fast-workers", help="No slow workers; costs more.", rich_help_panel=_PANEL)
]
ExtraSlowOption = Annotated[
    bool, typer.Option("--extra-slow-workers", help="Very slow workers too.", rich_help_panel=_PANEL)
]
DowngradeOption = Annotated[
    bool,
    typer.Option(
        "--allow-downgrade",
        help="Rather ask for less than be refused for want of kudos.",
        rich_help_panel=_PANEL,
    ),
]
WebhookOption = Annotated[
    str | None,
    typer.Option(metavar="URL", help="An https:// address that the horde tells of each result and of the end."),
]
TimeoutOption = Annotated[
    int | None,
    typer.Option(
        "--timeout",
        min=1,
        metavar="SECONDS",
        help="Wait so long at most, then cancel. Default: 1170, a request's longest life.",
    ),
]
FailFastOption = Annotated[
    bool, typer.Option("--fail-fast", help="Cancel at once what no worker that is there can do.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only say what it would cost.")]


def worker_choice(
    *,
    models: list[str] | None,
    workers: list[str] | None,
    avoided: list[str] | None,
    trusted: bool,
    fast: bool,
    extra_slow: bool,
    downgrade: bool,
) -> dict[str, object]:
    """Return the fields of a request that the options set.

    Raises:
        typer.BadParameter: Workers are both chosen and avoided.
    """
    if workers and avoided:
        raise typer.BadParameter("choose workers or avoid some, not both", param_hint="--avoid-worker")
    named = workers or avoided
    return {
        "models": models or [],
        **({"workers": named, "worker_blacklist": bool(avoided)} if named else {}),
        **({"slow_workers": False} if fast else {}),
        **given(trusted_workers=trusted, extra_slow_workers=extra_slow, allow_downgrade=downgrade),
    }


def waiting_options(timeout_s: int | None, *, fail_fast: bool) -> dict[str, Any]:
    """Return the arguments of the client's calls that the options set."""
    return {"fail_fast": fail_fast, **({} if timeout_s is None else {"timeout": timeout_s})}


def given(**values: object) -> dict[str, object]:
    """Return the values that were given: what an option leaves open, the horde decides."""
    return {name: value for name, value in values.items() if not _left_open(value)}


def _left_open(value: object) -> bool:
    # By identity: a temperature of 0 is a choice, although it equals False.
    return value is None or value is False or value == []
