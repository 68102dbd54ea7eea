"""What a page of each list costs on a horde with very many rows: processor milliseconds of server and database.

    PYTHONPATH=tests .venv/bin/python bench/lists.py

The rows are put in by SQL, on a horde of its own. Lists that the server does not have are left out.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import aiohttp
import psycopg
from measured_horde import Measurement, measuring

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from horde_processes import running_horde

from horde_server.database.embedded import running_dsn

TARGET_MS = 5.0
ROWS, ONLINE = 100_000, 1_000
AT_ONCE = 4
_LINE = "{:<44}{:>8}{:>9}{:>9}{:>11}{:>13}{:>9}{:>9}"

FILLS = {
    "account": """
        INSERT INTO account (username, kind, created_at, last_active_at)
        SELECT 'user ' || n, 'registered', now() - n * interval '1 minute', now() FROM generate_series(1, {rows}) AS n;
        INSERT INTO ledger_balance SELECT 2 * id, 100 * (id * 7919 % 100000) FROM account WHERE id > 0;
        INSERT INTO account_record
        SELECT id, record, 'image', id % 1000 FROM account, unnest('{{usage,contribution,fulfillment,request}}'::text[])
            AS record WHERE id > 0""",
    "worker": """
        INSERT INTO worker (id, name, kind, account_id, abilities, last_check_in_at, speeds, uptime_s, address)
        SELECT gen_random_uuid(), 'worker ' || n, CASE n % 4 WHEN 0 THEN 'text' ELSE 'image' END, 1 + n % {rows},
               CASE n % 4
                   WHEN 0 THEN '{{"models": ["koboldcpp/model"], "max_length": 512, "max_context_length": 4096}}'
                   ELSE '{{"models": ["stable_diffusion", "Deliberate", "SDXL 1.0"], "max_pixels": 1048576}}'
               END::json,
               now() + CASE WHEN n <= {online} THEN interval '1 hour' ELSE interval '-1 day' END,
               array_fill(1e6 + n, ARRAY[20]), n, '192.0.2.1'
        FROM generate_series(1, {rows}) AS n""",
    "team": """
        INSERT INTO team (id, name, info, account_id, kudos_hundredths)
        SELECT gen_random_uuid(), 'team ' || n, 'of many', 1 + n % {rows}, n FROM generate_series(1, {rows}) AS n;
        UPDATE worker SET team_id = (SELECT id FROM team WHERE name = 'team ' || (account_id % 1000 + 1))""",
    "style": """
        INSERT INTO style (id, kind, account_id, name, prompt, tags, models, use_count)
        SELECT gen_random_uuid(), kind, 1 + n % {rows}, kind || ' style ' || n, 'a picture of {{p}}###{{np}}',
               ARRAY['tag ' || n % 100], ARRAY['stable_diffusion'], n * 7919 % 100000
        FROM generate_series(1, {rows}) AS n, unnest('{{image,text}}'::text[]) AS kind""",
    "style_collection": """
        INSERT INTO style_collection (id, kind, account_id, name, use_count)
        SELECT gen_random_uuid(), 'image', 1 + n % {rows}, 'collection ' || n, n * 7919 % 100000
        FROM generate_series(1, {rows}) AS n;
        INSERT INTO style_collection_member
        SELECT collection.id, style.id, 1 FROM style_collection AS collection
        JOIN style ON style.name = 'image style ' || split_part(collection.name, ' ', 2)""",
    "work_by_model": """
        INSERT INTO work_by_model
        SELECT domain, grain, date_trunc(grain, now() - n / 500 * ('1 ' || grain)::interval, 'UTC'),
               'model ' || n % 500, n
        FROM generate_series(1, {rows} / 8) AS n, unnest('{{hour,day}}'::text[]) AS grain,
             unnest('{{image,text}}'::text[]) AS domain
        ON CONFLICT DO NOTHING;
        INSERT INTO work_by_model
        SELECT domain, 'total', 'epoch', 'model ' || n, n
        FROM generate_series(1, 1000) AS n, unnest('{{image,text}}'::text[]) AS domain ON CONFLICT DO NOTHING""",
}
"""Rows by table, in this order; where there is no such table, none."""

LISTS = {
    "users": ("page=1", "page=1000", "page=4000", "page=1&sort=age", "page=4000&sort=age"),
    "workers": ("", "type=image", "name=worker%2077"),
    "stats/img/totals": ("",),
    "stats/img/models": ("", "model_state=known"),
    "stats/text/totals": ("",),
    "stats/text/models": ("",),
    "styles/image": ("page=1", "page=400", "page=400&sort=age", "tag=tag%207", "model=stable_diffusion&page=40"),
    "styles/text": ("page=1", "page=400", "page=400&sort=age"),
    "teams": ("",),
    "collections": ("page=1", "page=400", "page=400&sort=age"),
    "status/models": ("type=image", "type=text"),
}
"""Lists with what is asked of each."""


class Page(NamedTuple):
    """What a page cost and how large it is."""

    cost: Measurement
    size_bytes: int


async def _fill(dsn: str, rows: int, online: int) -> None:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as conn:
        await conn.execute("SET synchronous_commit = off")
        for table, statements in FILLS.items():
            found = await (await conn.execute("SELECT to_regclass(%s)", (table,))).fetchone()
            if found is None or found[0] is None:
                continue
            for statement in statements.format(rows=rows, online=online).split(";"):
                await conn.execute(statement.encode())
        await conn.execute("VACUUM ANALYZE")


async def _measure(url: str, pid: int, path: str, seconds: float) -> Page | None:
    """None: there is no such list."""
    async with aiohttp.ClientSession() as client:
        address = f"{url}/api/v2/{path}"
        for _ in range(3):  # what is only done once
            async with client.get(address) as answer:
                if answer.status == 404:
                    return None
                answer.raise_for_status()
                size_bytes = len(await answer.read())
        with measuring(pid, path) as cost:
            end = time.perf_counter() + seconds

            async def look() -> None:
                while (began := time.perf_counter()) < end:
                    async with client.get(address) as answer:
                        answer.raise_for_status()
                        await answer.read()
                    cost.latencies_s.append(time.perf_counter() - began)

            await asyncio.gather(*(look() for _ in range(AT_ONCE)))
    return Page(cost, size_bytes)


async def _run(url: str, pid: int, dsn: str, arguments: argparse.Namespace) -> list[str]:
    await _fill(dsn, arguments.rows, arguments.online)
    await asyncio.sleep(12)  # mirrors are renewed, and what is remembered of lists is forgotten
    missed = []
    for path, queries in LISTS.items():
        for query in queries:
            name = f"{path}?{query}" if query else path
            if (page := await _measure(url, pid, name, arguments.seconds)) is None:
                print(f"{name:<44} not there", flush=True)
                break
            cost = page.cost
            cpu_ms = cost.server_ms() + cost.database_ms()
            cells = (
                name, cost.count, round(cost.latency_ms(0.5), 1), round(cost.latency_ms(0.99), 1),
                round(cost.server_ms(), 3), round(cost.database_ms(), 3), round(cpu_ms, 3), page.size_bytes // 1024,
            )  # fmt: skip
            print(_LINE.format(*cells), flush=True)
            if cpu_ms > TARGET_MS:
                missed.append(name)
    return missed


def main() -> int:
    """Fill a horde, look at its lists, and say what is dearer than it should be."""
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=ROWS, help="of each list")
    parser.add_argument("--online", type=int, default=ONLINE, help="workers")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each page")
    arguments = parser.parse_args()
    print(_LINE.format("list", "count", "p50 ms", "p99 ms", "server ms", "database ms", "CPU ms", "KiB"))
    with (
        tempfile.TemporaryDirectory(prefix="horde-bench-") as folder,
        running_horde("serve", Path(folder), HORDE_TEST_APIKEYS="1", HORDE_RATE_LIMITS="0") as horde,
    ):
        missed = asyncio.run(_run(horde.url, horde.pid, running_dsn(horde.data) or "", arguments))
    if missed:
        print(f"Above the target of {TARGET_MS} ms: {', '.join(missed)}.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
