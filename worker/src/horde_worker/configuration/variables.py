"""Environment variables that are about the settings themselves."""

from __future__ import annotations

from typing import Final

CONFIG_VARIABLE: Final = "HORDE_WORKER_CONFIG"
"""Where the settings file is."""
NO_FILE: Final = "none"
"""In the place of a path: read no file."""
PORTS_VARIABLE: Final = "HORDE_WORKER_PORTS"
"""Which ports of this machine to look at, in place of the usual ones: `8188,8080`; `none`: at none."""
