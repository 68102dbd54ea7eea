"""What becomes of a picture, after what is thought of it, what its request asks for and what its worker is for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from horde_worker.backends.image import Remark
from horde_worker.safety.judgement import Judgement


class Reason(StrEnum):
    """Why a picture is replaced: each has a placeholder of its own."""

    CSAM = "csam"
    CENSORLIST = "censorlist"
    SFW_REQUEST = "sfw request"
    SFW_WORKER = "sfw worker"


@dataclass(frozen=True, slots=True)
class Decision:
    """`replaced`: why the picture is not delivered but a placeholder is; None where it is. `state` is the API's."""

    replaced: Reason | None = None
    state: str = "ok"
    remarks: tuple[Remark, ...] = ()


def decided(judgement: Judgement, *, is_sfw_worker: bool, hits_censorlist: bool, censors_request: bool) -> Decision:
    """What to do, the gravest first. Hordes go by the remarks, not by the state."""
    if judgement.is_csam:
        return Decision(Reason.CSAM, "csam", (Remark("censorship", "csam"),))
    if not judgement.is_nsfw:
        return Decision()
    for reason, is_given in (
        (Reason.SFW_WORKER, is_sfw_worker),
        (Reason.CENSORLIST, hits_censorlist),
        (Reason.SFW_REQUEST, censors_request),
    ):
        if is_given:
            return Decision(reason, "censored", (Remark("censorship", "nsfw"),))
    return Decision(remarks=(Remark("information", "nsfw"),))
