"""Teams: looked up, made, changed and removed (teams.md §1–3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
import structlog
from psycopg.errors import UniqueViolation

from horde_server.audit.trail import actor_of, changed, record, subject
from horde_server.database.pool import Pool
from horde_server.errors import BadRequest, HordeError, NotModerator, TeamNotFound
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.moderation.profanity import ProfanityFilter
from horde_server.teams import store
from horde_server.teams.schemas import NewTeam, TeamChange
from horde_server.teams.store import ManagedTeam, ShownTeam
from horde_server.workers.check_in import cleaned_text
from horde_server.workers.management import NotOwner

log = structlog.get_logger(__name__)

PAGE: Final = 50
MOST_PAGES: Final = 100
MOST_TEAMS: Final = 20
"""That one account has."""
_SIZES: Final = {"name": 100, "info": 1000}


class AnonymousHasNoTeams(HordeError):
    """Anonymous makes no teams: register an account and use its API key."""

    status, rc = 403, "AnonForbidden"


class UntrustedTeamCreation(HordeError):
    """Only trusted users make teams: serve the horde for a while, or ask a moderator."""

    status, rc = 403, "UntrustedTeamCreation"


class TooManyTeams(HordeError):
    """You have as many teams as an account may have: delete one first."""

    status, rc = 403, "Forbidden"


class NoTeamModSelected(HordeError):
    """Name at least one field to change: name or info."""

    rc = "NoTeamModSelected"


class TeamNameAlreadyExists(HordeError):
    """Another team has this name already: choose another name."""

    rc = "TeamNameAlreadyExists"


class ProfaneTeamName(HordeError):
    """This team name contains inappropriate language: choose another name."""

    rc = "ProfaneTeamName"


class ProfaneTeamInfo(HordeError):
    """This team info contains inappropriate language: write another text."""

    rc = "ProfaneTeamInfo"


_PROFANE: Final[dict[str, type[HordeError]]] = {"name": ProfaneTeamName, "info": ProfaneTeamInfo}


class TeamService:
    """All teams of the horde."""

    def __init__(
        self,
        pool: Pool,
        profanity: ProfanityFilter,
        workers_changed: Callable[[Collection[UUID]], Awaitable[None]],
        *,
        usual_speed: float,
    ) -> None:
        """`usual_speed`: pixelsteps per second of an image worker that has not delivered anything yet."""
        self._pool = pool
        self._profanity = profanity
        self._workers_changed = workers_changed
        self._usual_speed = usual_speed

    # ---------------------------------------------------------------- looking up

    async def page(self, number: int) -> list[dict[str, Any]]:
        """Teams by their kudos, `PAGE` at a time, from 1; beyond `MOST_PAGES` none."""
        if number > MOST_PAGES:
            return []
        async with self._pool.connection() as conn:
            found = await store.page(
                conn, limit=PAGE, offset=PAGE * (max(number, 1) - 1), usual_speed=self._usual_speed
            )
        return list(map(_body, found))

    async def named(self, name: str) -> list[dict[str, Any]]:
        """The team of this name, whatever its case, in a list of one or none."""
        async with self._pool.connection() as conn:
            found = await store.named(conn, cleaned_text(name), usual_speed=self._usual_speed)
        return list(map(_body, found))

    async def show(self, team_id: UUID | None) -> dict[str, Any]:
        """One team. Raises `TeamNotFound`."""
        if team_id is None:
            raise TeamNotFound
        async with self._pool.connection() as conn:
            found = await store.show(conn, team_id, usual_speed=self._usual_speed)
        if found is None:
            raise TeamNotFound
        return _body(found)

    # ---------------------------------------------------------------- changing

    async def create(self, new: NewTeam, caller: Caller) -> ManagedTeam:
        """Make a team. Its maker's workers are not in it by themselves."""
        account = caller.user
        if account.id == 0:
            raise AnonymousHasNoTeams
        if not account.trusted and not caller.may(Right.MODERATE):
            raise UntrustedTeamCreation
        columns = self._cleaned({"name": new.name, **({"info": new.info} if new.info else {})})
        team = ManagedTeam(uuid4(), columns["name"], columns.get("info"), account.id)
        async with self._pool.connection() as conn, conn.transaction():
            await store.take_turns(conn, account.id)
            if await store.count_of(conn, account.id) >= MOST_TEAMS:
                raise TooManyTeams
            if not await store.add(conn, team):
                raise TeamNameAlreadyExists
        log.info("teams.created", team=str(team.id), account=account.id)
        return team

    async def change(self, team_id: UUID | None, change: TeamChange, caller: Caller) -> ManagedTeam:
        """Change a team, by its maker or a moderator; the team as it is then. A refused change changes nothing."""
        given: dict[str, str] = {name: getattr(change, name) for name in _SIZES if name in change.model_fields_set}
        team = await self._find(team_id)
        account = caller.user
        if not given:
            raise NoTeamModSelected
        if account.id != team.account_id and not caller.may(Right.MODERATE):
            raise NotOwner if "info" in given else NotModerator
        columns = self._cleaned(given)
        async with self._pool.connection() as conn, conn.transaction():
            try:
                after = await store.change(conn, team.id, columns)
            except UniqueViolation:
                raise TeamNameAlreadyExists from None
            if after is None:
                raise TeamNotFound
            if account.id != team.account_id:
                old, new = changed(team._asdict(), after._asdict())
                await record(
                    conn,
                    actor_of(caller),
                    "team.change",
                    subject("team", team.id),
                    old={name: value for name, value in old.items() if name in columns},
                    new={name: value for name, value in new.items() if name in columns},
                    concerns=team.account_id,
                )
        return after

    async def delete(self, team_id: UUID | None, caller: Caller) -> ManagedTeam:
        """Remove a team, by its maker or a moderator. Its workers go on without one."""
        team = await self._find(team_id)
        account = caller.user
        if account.id != team.account_id and not caller.may(Right.MODERATE):
            raise NotModerator("Only the team's maker or a moderator may delete it.")
        async with self._pool.connection() as conn, conn.transaction():
            freed = await store.remove(conn, team.id)
            if freed is None:
                raise TeamNotFound
            if account.id != team.account_id:
                await record(
                    conn,
                    actor_of(caller),
                    "team.delete",
                    subject("team", team.id),
                    old={"name": team.name, "workers": len(freed)},
                    concerns=team.account_id,
                )
        if freed:
            await self._workers_changed(freed)
        log.info("teams.deleted", team=str(team.id), workers=len(freed))
        return team

    async def _find(self, team_id: UUID | None) -> ManagedTeam:
        if team_id is None:
            raise TeamNotFound
        async with self._pool.connection() as conn:
            team = await store.find(conn, team_id)
        if team is None:
            raise TeamNotFound
        return team

    def _cleaned(self, given: dict[str, str]) -> dict[str, str]:
        """Plain texts, as they are kept. Raises what is wrong with them."""
        columns = {name: cleaned_text(text) for name, text in given.items()}
        for name, text in columns.items():
            if self._profanity.is_profane(text):
                raise _PROFANE[name]
            if not 3 <= len(text) <= _SIZES[name]:  # trimmed, and with its markup escaped
                raise BadRequest(f"The {name} of a team has 3 to {_SIZES[name]} characters.")
        return columns


def _body(team: ShownTeam) -> dict[str, Any]:
    """As the API shows it; `info` is left out where there is none."""
    body: dict[str, Any] = {
        "name": team.name,
        "id": str(team.id),
        "creator": team.creator,
        "requests_fulfilled": team.fulfilments,
        "kudos": team.kudos_hundredths / 100,
        "contributions": round(team.pixelsteps / 1e6, 2),
        "uptime": team.uptime_s,
        "performance": round((team.mean_rate or 0.0) / 1e6, 1),
        "speed": round((team.total_rate or 0.0) / 1e6, 1),
        "worker_count": team.worker_count,
        "workers": msgspec.Raw(team.workers.encode()),
        "models": msgspec.Raw(team.models.encode()),
    }
    if team.info:
        body["info"] = team.info
    return body
