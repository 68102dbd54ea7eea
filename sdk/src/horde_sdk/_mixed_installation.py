"""Mixed installations: the published library and this one in one folder, where they overwrite each other.

Both are imported as `horde_sdk`, and no installer minds. No file of this name is in the published library, so that it
survives whatever came last.
"""

from __future__ import annotations

import os
import warnings

_REMEDY = (
    "Mend it with `pip uninstall -y horde_sdk openhorde-sdk`, then `pip install openhorde-sdk`; "
    "for a package that requires `horde_sdk`, install the shim too (docs/sdk/moving.md)."
)


class MixedInstallationWarning(UserWarning):
    """Files of the published library and of this one are in one folder."""


def mixed_installation(package_folder: str | None = None) -> str | None:
    """Tell what is wrong with the folder that this file is in, and how to mend it; `None` where all is well.

    Costs a listing of the folder that packages are installed in: a tenth of a millisecond for a hundred of them.

    Args:
        package_folder: Another `horde_sdk` to look at.
    """
    package_folder = package_folder or os.path.dirname(__file__)
    site = os.path.dirname(package_folder)
    try:
        others = [name for name in os.listdir(site) if name.startswith("horde_sdk-") and name.endswith(".dist-info")]
        for name in others:
            if _holds_modules(os.path.join(site, name, "RECORD")):
                release = name.removesuffix(".dist-info").replace("-", " ")
                return f"The published {release} and openhorde-sdk are both installed in {site}. {_REMEDY}"
        if not os.path.exists(os.path.join(package_folder, "__init__.py")):
            return f"Files of openhorde-sdk are missing in {package_folder}: another package removed them. {_REMEDY}"
    except OSError:  # imported from an archive, or not allowed to look: nothing to tell
        return None
    return None


def warn_if_mixed() -> None:
    """Warn with what `mixed_installation` tells, if anything."""
    problem = mixed_installation()
    if problem is not None:
        warnings.warn(problem, MixedInstallationWarning, stacklevel=3)


def _holds_modules(record: str) -> bool:
    """Tell whether a distribution put the package there; the shim, which has no modules, did not."""
    try:
        with open(record, encoding="utf-8", errors="replace") as files:
            return any(line.startswith("horde_sdk/__init__.py,") for line in files)
    except OSError:
        return False
