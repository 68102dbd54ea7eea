"""What is told of teams (teams.md §1)."""

from __future__ import annotations

from pydantic import Field

from horde_server.http.answers import Answer


class ActiveModelLite(Answer):
    """A model, and how many workers of the team serve it."""

    name: str
    count: int


class WorkerDetailsLite(Answer):
    """A worker in one line."""

    type: str
    name: str
    id: str
    online: bool


class TeamDetails(Answer):
    """A team, with what its workers did while they were in it. Speeds are in megapixelsteps per second."""

    name: str
    id: str
    info: str = ""
    creator: str
    requests_fulfilled: int
    kudos: float
    contributions: float
    uptime: int
    performance: float
    speed: float
    worker_count: int
    workers: list[WorkerDetailsLite] = Field([])
    models: list[ActiveModelLite] = Field([])


class ModifyTeam(Answer):
    """A team as it is now."""

    id: str
    name: str
    info: str = ""


class DeletedTeam(Answer):
    """The team that is no more."""

    deleted_id: str
    deleted_name: str
