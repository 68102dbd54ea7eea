"""What is told of workers (workers.md §11)."""

from __future__ import annotations

from pydantic import Field

from horde_server.http.answers import Answer
from horde_server.workers.messages.answers import ResponseModelMessagePop


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
    team: TeamDetailsLite
    bridge_agent: str
    # of image and text workers
    models: list[str] = Field([])
    # of alchemists
    forms: list[str] = Field([])
    # of image workers
    max_pixels: int = 0
    megapixelsteps_generated: int = 0  # whole, although the contract allows a fraction: published clients refuse one
    img2img: bool = False
    painting: bool = False
    post_processing: bool = Field(False, alias="post-processing")
    controlnet: bool = False
    sdxl_controlnet: bool = False
    lora: bool = False
    # of text workers; lengths in tokens
    max_length: int = 0
    max_context_length: int = 0
    tokens_generated: int = 0
    info: str = ""
    owner: str = ""
    messages: list[ResponseModelMessagePop] = Field([])
    paused: bool = False
    suspicious: int = 0
    ipaddr: str = ""
    contact: str = ""
    # why it is paused, and what is suspected, for its owner too; what moderators remember of it
    paused_reason: str = ""
    suspicions: list[str] = Field([])
    moderators_note: str = ""


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
