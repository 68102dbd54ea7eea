"""Set the version of all distributions: `make version VERSION=0.2.0`."""

from __future__ import annotations

import sys

from distributions import current_version, set_version
from packaging.version import InvalidVersion, Version


def main(arguments: list[str]) -> None:
    """Take the version from the command line; without one, only say which it is."""
    if not arguments:
        sys.exit(f"The version is {current_version()}. Give another: make version VERSION=0.2.0")
    try:
        wanted = Version(arguments[0])
    except InvalidVersion as error:
        sys.exit(f"{error}: a version is 0.2.0, or 0.2.0rc1")
    if wanted <= Version(current_version()):
        sys.exit(f"{wanted} is not above {current_version()}")
    set_version(str(wanted))
    print(f"All distributions are {wanted} now: write its section into CHANGELOG.md, then make dist")


if __name__ == "__main__":
    main(sys.argv[1:])
