"""PostgreSQL refuses to run as root: when we are root, it runs as an unprivileged system user."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RunAs:
    """User and group ids a child process is started with."""

    uid: int
    gid: int


def unprivileged_user() -> RunAs | None:
    """Who runs the database: None for ourselves, or a system user when we are root."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    import pwd

    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return RunAs(entry.pw_uid, entry.pw_gid)
    return RunAs(65534, 65534)


def let_pass(folder: Path, user: RunAs | None = None) -> None:
    """Let the database's user pass through `folder` and its parents (the right to pass, never to read).

    A folder that belongs to nobody's group but ours alone lets pass `user`'s group only; any other lets pass all.
    """
    if sys.platform == "win32":
        return
    for parent in [folder, *folder.parents]:
        found = parent.stat()
        mode = stat.S_IMODE(found.st_mode)
        if mode & stat.S_IXOTH or (user and found.st_gid == user.gid and mode & stat.S_IXGRP):
            continue
        if user and not mode & stat.S_IRWXG:
            os.chown(parent, -1, user.gid)
            parent.chmod(mode | stat.S_IXGRP)
        else:
            parent.chmod(mode | stat.S_IXOTH)


def own(folder: Path, user: RunAs) -> None:
    """Make a folder belong to the database's user."""
    if sys.platform != "win32":
        os.chown(folder, user.uid, user.gid)
