"""Where an embedded database listens on a system without sockets in files (Windows): a port of 127.0.0.1.

Any user of the machine can reach it, so it asks for a password, which lies beside the cluster.
"""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path
from typing import Self

import psycopg

from horde_server.database.system_user import RunAs, own

HOST = "127.0.0.1"


class LoopbackPort:
    """A port that was free when it was chosen; the database keeps it over its restarts."""

    def __init__(self, port: int, password: str, user: str) -> None:
        self._port = port
        self._password = password
        self._user = user

    @classmethod
    def choose(cls, home: Path, user: str) -> Self:
        """A free one, for a database whose password lies in `home`."""
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            return cls.at(probe.getsockname()[1], home, user)

    @classmethod
    def at(cls, port: int, home: Path, user: str) -> Self:
        """The one of a database that runs already."""
        return cls(port, password_file(home).read_text("ascii"), user)

    @property
    def server_arguments(self) -> list[str]:
        """What PostgreSQL must be told to listen there and nowhere else."""
        return ["-k", "", "-p", str(self._port), "-c", f"listen_addresses={HOST}"]

    def connection_string(self, database: str) -> str:
        """Keyword connection string, with the password."""
        return psycopg.conninfo.make_conninfo(
            host=HOST, port=self._port, user=self._user, password=self._password, dbname=database
        )

    def remove(self) -> None:
        """Nothing: a port needs no tidying."""


def initdb_options(home: Path, run_as: RunAs | None) -> list[str]:
    """How a cluster is made that asks for the password, which is made too."""
    path = password_file(home)
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32))
    if run_as:
        own(path, run_as)
    return ["--auth", "scram-sha-256", "--pwfile", str(path)]


def password_file(home: Path) -> Path:
    """Where the password lies, in the folder of the cluster's folder."""
    return home / "password"
