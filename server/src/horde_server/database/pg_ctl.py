"""Looking after a postmaster by PostgreSQL's own `pg_ctl`, where signals do not do (Windows).

There, Python's `os.kill` ends a process at once whatever the signal, 0 included; `pg_ctl` knows how to ask a server.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from horde_server.database.binaries import postgres_program


def runs(cluster: Path, **options: Any) -> bool:
    """Whether a server runs on this cluster. `options` are those of `subprocess.run`."""
    return _pg_ctl("status", "-D", str(cluster), **options) == 0


def stop(cluster: Path, limit_s: float, **options: Any) -> None:
    """Stop it: fast, then immediately. Harmless when it does not run."""
    for mode in ("fast", "immediate"):
        if _pg_ctl("stop", "-D", str(cluster), "-m", mode, "-w", "-t", str(round(limit_s)), **options) == 0:
            return


def _pg_ctl(*arguments: str, **options: Any) -> int:
    done = subprocess.run([postgres_program("pg_ctl"), *arguments], capture_output=True, check=False, **options)
    return done.returncode
