"""What an extra of the worker brings, told in words where it is not there."""

from __future__ import annotations

from importlib.util import find_spec

from horde_worker.backends.events import BackendFailure


def need_extra(backend: str, *modules: str) -> None:
    """Raise `BackendFailure` for an extra that is not installed, with the command that installs it."""
    if missing := [name for name in modules if find_spec(name) is None]:
        raise BackendFailure(
            f"the backend {backend} needs {', '.join(missing)}: install torch for your hardware, then run "
            f"`pip install 'openhorde-worker[{backend}]'` in the same environment"
        )
