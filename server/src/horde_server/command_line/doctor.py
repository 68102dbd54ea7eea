"""`horde doctor`: what is wrong, and what to do."""

from __future__ import annotations

import typer

from horde_sdk.harmless_text import one_line
from horde_server.command_line.options import Data, DatabaseUrl, Host, Port, settings_from


def doctor(host: Host = None, port: Port = None, data: Data = None, database_url: DatabaseUrl = None) -> None:
    """Check this machine, the data folder, the database, the port and the worker, and say what to do."""
    from horde_server.command_line.checks import run_checks
    from horde_server.system.event_loop import run

    settings = settings_from(host=host, port=port, data=data, database_url=database_url)
    findings = run(run_checks(settings))
    for finding in findings:
        mark = typer.style("ok   ", fg=typer.colors.GREEN) if finding.ok else typer.style("wrong", fg=typer.colors.RED)
        typer.echo(f"{mark} {finding.subject}: {one_line(finding.text)}")
        if not finding.ok:
            typer.echo(f"      → {one_line(finding.advice)}")
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)
