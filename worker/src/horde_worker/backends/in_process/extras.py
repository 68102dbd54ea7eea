"""What an extra of the worker brings, told in words where it is not there."""

from __future__ import annotations

import warnings
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from horde_worker.backends.events import BackendFailure


def need_extra(backend: str, *modules: str) -> None:
    """Raise `BackendFailure` for an extra that is not installed, with the command that installs it."""
    if missing := [name for name in modules if find_spec(name) is None]:
        raise BackendFailure(
            f"the backend {backend} needs {', '.join(missing)}: install torch for your hardware, then run "
            f"`pip install 'openhorde-worker[{backend}]'` in the same environment"
        )


def quiet(*libraries: str) -> None:
    """No progress bars and hints of libraries on the terminal: whoever looks there, looks at the worker's log.

    Failures are raised, and told by the worker in its own words.
    """
    for library in (*libraries, "torchsde", "peft"):
        warnings.filterwarnings("ignore", module=rf"{library}\.")  # about versions, and the last digit of a time
    for library in libraries:
        said: Any = import_module(f"{library}.utils.logging")
        said.set_verbosity_error()
        said.disable_progress_bar()
