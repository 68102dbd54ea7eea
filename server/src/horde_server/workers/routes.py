"""`GET /workers` and `GET /workers/{id}` (accounts.md §3)."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, Query, Response

from horde_server.database.pool import Pool
from horde_server.errors import WorkerNotFound
from horde_server.http.answers import refusals
from horde_server.http.body import json_response
from horde_server.identity.directory import Account, AccountDirectory
from horde_server.settings import Settings
from horde_server.workers.abilities import Abilities, decode_abilities
from horde_server.workers.answers import WorkerDetails
from horde_server.workers.capabilities import BIT
from horde_server.workers.check_in import parse_worker_id
from horde_server.workers.directory import ONLINE_S, WorkerDirectory

_encode = msgspec.json.Encoder().encode

_SELECT = """
SELECT worker.id, worker.name, worker.kind, worker.account_id, worker.info, worker.maintenance, worker.paused,
       worker.uptime_s, worker.uncompleted_jobs, worker.fulfilments, worker.contributions,
       worker.kudos_generated_hundredths, worker.kudos_uptime_hundredths, worker.abilities::text,
       (SELECT avg(sample) FROM unnest(worker.speeds) AS sample) AS speed, worker.address,
       cardinality(worker.suspicions) AS suspicious,
       extract(epoch FROM now() - worker.last_check_in_at) < %(online_s)s AS online,
       account.username, account.trusted, account.flagged, account.public_workers, account.contact
FROM worker JOIN account ON account.id = worker.account_id"""


def routes(settings: Settings, pool: Pool, accounts: AccountDirectory, workers: WorkerDirectory) -> APIRouter:
    """Who serves this horde."""
    router = APIRouter(prefix="/api/v2/workers", tags=["v2"])

    async def viewer(apikey: str | None) -> Account | None:
        return await accounts.by_key(apikey) if apikey else None

    async def find(where: str, values: dict[str, Any]) -> list[dict[str, Any]]:
        async with pool.connection() as conn:
            cursor = await conn.execute(f"{_SELECT} WHERE {where}", {"online_s": ONLINE_S, **values})
            assert cursor.description is not None
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]

    @router.get(
        "",
        operation_id="get_workers",
        response_model=list[WorkerDetails],
        responses=refusals(),
    )
    async def online_workers(
        apikey: Annotated[str | None, Header()] = None,
        type: Annotated[str | None, Query(max_length=30)] = None,  # noqa: A002 - the API's own name
        name: Annotated[str | None, Query(max_length=200)] = None,
    ) -> Response:
        """Workers that checked in within the last five minutes."""
        caller = await viewer(apikey)
        online = "worker.last_check_in_at > now() - make_interval(secs => %(online_s)s)"
        if name:
            rows = await find(f"{online} AND lower(worker.name) = lower(%(name)s)", {"name": name.replace("\0", "")})
        elif type:  # the published SDK sends an empty one for all types
            rows = await find(f"{online} AND worker.kind = %(kind)s", {"kind": type.replace("\0", "")})
        else:
            rows = await find(online, {})
        return json_response(_encode([worker_body(row, caller) for row in rows]))

    @router.get(
        "/{worker_id}",
        operation_id="get_worker_single",
        response_model=WorkerDetails,
        responses=refusals(404),
    )
    async def worker(worker_id: str, apikey: Annotated[str | None, Header()] = None) -> Response:
        """One worker, also when it is offline."""
        found = parse_worker_id(worker_id)
        rows = await find("worker.id = %(id)s", {"id": found}) if found else []
        if not rows:
            raise WorkerNotFound
        return json_response(_encode(worker_body(rows[0], await viewer(apikey))))

    return router


def worker_body(row: dict[str, Any], viewer: Account | None) -> dict[str, Any]:
    """The worker as this viewer may see it: moderators and its owner see more. Keys without a value are left out."""
    abilities: Abilities = decode_abilities(row["abilities"])
    can = abilities.capability_mask()
    speed = row["speed"]
    body: dict[str, Any] = {
        "type": row["kind"],
        "name": row["name"],
        "id": str(row["id"]),
        "online": row["online"],
        "requests_fulfilled": row["fulfilments"],
        "uncompleted_jobs": row["uncompleted_jobs"],
        "kudos_rewards": (row["kudos_generated_hundredths"] + row["kudos_uptime_hundredths"]) / 100,
        "kudos_details": {
            "generated": row["kudos_generated_hundredths"] / 100,
            "uptime": round(row["kudos_uptime_hundredths"] / 100),
        },
        "performance": f"{float(speed) / 1e6:.1f} megapixelsteps per second" if speed else "No requests fulfilled yet",
        "threads": abilities.threads,
        "uptime": row["uptime_s"],
        "maintenance_mode": row["maintenance"],
        "info": row["info"],
        "trusted": row["trusted"],
        "flagged": row["flagged"],
        "nsfw": abilities.nsfw,
        "models": list(abilities.models),
        "team": {"name": None, "id": None},
        "bridge_agent": abilities.bridge_agent,
        "max_pixels": abilities.max_pixels,
        "megapixelsteps_generated": round(row["contributions"] / 1e6),
        "img2img": bool(abilities.allow_img2img and can & BIT["img2img"]),
        "painting": bool(abilities.allow_painting and can & BIT["inpainting"]),
        "post-processing": abilities.allow_post_processing,
        "controlnet": abilities.allow_controlnet,
        "sdxl_controlnet": abilities.allow_sdxl_controlnet,
        "lora": abilities.allow_lora,
    }
    is_moderator = viewer is not None and viewer.moderator
    is_owner = viewer is not None and viewer.id == row["account_id"]
    if row["public_workers"] or is_moderator or is_owner:
        body["owner"] = f"{row['username']}#{row['account_id']}"
    if is_moderator or is_owner:
        body.update(paused=row["paused"], suspicious=row["suspicious"], ipaddr=row["address"])
    if is_moderator:
        body["contact"] = row["contact"]
    return {name: value for name, value in body.items() if value is not None}
