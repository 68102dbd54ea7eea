"""`python -m horde_worker` is `horde work`."""

from __future__ import annotations

import typer

from horde_worker.command_line import work

if __name__ == "__main__":
    typer.run(work)
