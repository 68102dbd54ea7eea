"""What is told of workers (accounts.md §3)."""

from __future__ import annotations

from pydantic import Field

from horde_server.http.answers import Answer


class WorkerKudosDetails(Answer):
    """What the worker earned, and for what."""

    generated: float
    uptime: int


class TeamDetailsLite(Answer):
    """The worker's team."""

    name: str | None
    id: str | None


class WorkerDetails(Answer):
    """A worker; fields with a default are shown to its owner or to moderators, where there is something to show."""

    type: str
    name: str
    id: str
    online: bool
    requests_fulfilled: int
    uncompleted_jobs: int
    kudos_rewards: float
    kudos_details: WorkerKudosDetails
    performance: str
    threads: int
    uptime: int
    maintenance_mode: bool
    trusted: bool
    flagged: bool
    nsfw: bool
    models: list[str]
    team: TeamDetailsLite
    bridge_agent: str
    max_pixels: int
    megapixelsteps_generated: int  # whole, although the contract allows a fraction: published clients refuse one
    img2img: bool
    painting: bool
    post_processing: bool = Field(alias="post-processing")
    controlnet: bool
    sdxl_controlnet: bool
    lora: bool
    info: str = ""
    owner: str = ""
    paused: bool = False
    suspicious: int = 0
    ipaddr: str = ""
    contact: str = ""


class ModifyWorker(Answer):
    """What was changed, as it is now."""

    maintenance: bool = False
    paused: bool = False
    info: str = ""
    name: str = ""
    team: str = ""


class DeletedWorker(Answer):
    """The worker that is no more."""

    deleted_id: str
    deleted_name: str
