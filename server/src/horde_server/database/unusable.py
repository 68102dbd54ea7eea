"""Everything that makes a database or its folder unusable; each says in a sentence why, and what to do."""

from __future__ import annotations

import psycopg

from horde_server.database.binaries import BinariesMissing
from horde_server.database.data_folder import DataFolderUnusable
from horde_server.database.embedded import EmbeddedDatabaseError
from horde_server.database.opening import NoHordeThere
from horde_server.database.pool import DatabaseUnusable

UNUSABLE = (
    DatabaseUnusable,
    DataFolderUnusable,
    EmbeddedDatabaseError,
    BinariesMissing,
    NoHordeThere,
    psycopg.OperationalError,
)
