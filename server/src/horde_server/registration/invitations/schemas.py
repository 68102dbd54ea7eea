"""The wire shape of a new invitation (registration.md §4.1)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict

from horde_server.http.wire_types import Items, Line, Whole, empty
from horde_server.kudos.schemas import MOST_KUDOS
from horde_server.registration.grants import ROLES, Grants, Role
from horde_server.registration.invitations.making import LONGEST_S, MOST_USES, USUAL_S, Terms

_INT32_MAX = 2**31 - 1


class NewInvitation(BaseModel):
    """An invitation to make: how often and how long it is good, and what comes with it."""

    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        frozen=True,
        title="InvitationInput",
        json_schema_extra={"example": {"uses": 1, "note": "for the new neighbours"}},
    )

    uses: Annotated[int, Whole(1, MOST_USES)]
    lasts_s: Annotated[int, Whole(60, LONGEST_S)] = USUAL_S
    note: Annotated[str, Line(200)] = ""
    roles: Annotated[list[Role], Items(len(ROLES))] = empty(list)
    kudos: Annotated[int, Whole(0, MOST_KUDOS)] = 0
    concurrency: Annotated[int, Whole(0, 500)] | None = None
    worker_invited: Annotated[int, Whole(0, _INT32_MAX)] = 0

    @property
    def terms(self) -> Terms:
        """The same, as it is kept."""
        grants = Grants(frozenset(self.roles), self.kudos, self.concurrency, self.worker_invited)
        return Terms(grants, self.uses, self.lasts_s, self.note or None)
