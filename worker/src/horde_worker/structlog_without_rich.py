"""structlog, loaded without rich: that is four megabytes for tracebacks which the worker never prints.

structlog takes rich where it finds it. To be imported before anything that imports structlog; later it does nothing.
"""

from __future__ import annotations

import sys
from typing import Any, Final

_RICH: Final = "rich"


def load(modules: dict[str, Any] = sys.modules) -> bool:
    """Import structlog while rich seems not to be installed; whether that was still of use. rich stays importable."""
    if "structlog" in modules:
        return False
    loaded = modules.get(_RICH)  # the `horde` program has its console loaded already, and no more of it
    modules[_RICH] = None
    try:
        import structlog  # noqa: F401
    finally:
        del modules[_RICH]
        if loaded is not None:
            modules[_RICH] = loaded
    return True


load()
