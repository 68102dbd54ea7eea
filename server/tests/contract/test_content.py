"""News, documents and service info, from files, database and what was shipped (status.md §4–7)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from hordes import Horde, RunHorde, StartHorde

from horde_server.accounts.creation import NewAccount
from horde_server.content.answers import HordeDocument, KeptNewspiece, Newspiece, ServiceInfo
from horde_server.content.changes import MOST_NEWS
from horde_server.content.documents import MOST_DOCUMENT

NEWS = "news/{}.md"
FILE = """---
title: Bees
date: 2026-12-01
importance: Workers
tags: bees, honey
urls: https://example.org/bees
---

Bees are **welcome**.
"""


async def call(horde: Horde, method: str, path: str, key: str | None = None, body: Any = None) -> httpx.Response:
    """A call below /api/v2."""
    headers = {"apikey": key} if key is not None else {}
    return await horde.client.request(method, f"/api/v2/{path}", headers=headers, json=body)


async def titles(horde: Horde) -> list[str]:
    """What the news is called."""
    answer = await call(horde, "GET", "status/news")
    assert answer.status_code == 200, answer.text
    for piece in answer.json():
        Newspiece.model_validate(piece, strict=True)
    return [piece["title"] for piece in answer.json()]


async def document(horde: Horde, name: str, form: str | None = "markdown") -> str:
    """A document in one format, which alone is told."""
    answer = await call(horde, "GET", f"documents/{name}" + (f"?format={form}" if form else ""))
    assert answer.status_code == 200, answer.text
    HordeDocument.model_validate(answer.json(), strict=True)
    [(told, text)] = answer.json().items()
    assert told == (form or "html")
    return str(text)


@pytest.fixture
async def horde(start_horde: StartHorde) -> Horde:
    """A server whose first account administers it."""
    return await start_horde(admins=["root#1"], title="Hive & <Co>", email="bee@example.org")


@pytest.fixture
async def root(horde: Horde) -> NewAccount:
    """The administrator."""
    return await horde.account("root")


class TestNews:
    """GET /status/news and /operations/news."""

    async def test_administrators_publish_change_and_take_back(self, horde: Horde, root: NewAccount) -> None:
        """§4.1, §6.1: all fields; the newest first; what was done is recorded."""
        assert await titles(horde) == []
        new = {
            "title": "Bees", "newspiece": "Bees are **welcome**.", "importance": "Workers", "tags": ["bees"],
            "more_info_urls": ["https://example.org"], "date_published": "2026-02-03",
        }  # fmt: skip
        answer = await call(horde, "POST", "operations/news", root.api_key, new)
        assert answer.status_code == 200, answer.text
        KeptNewspiece.model_validate(answer.json(), strict=True)
        assert answer.json() == {"id": "1", **new}
        assert (await call(horde, "GET", "status/news")).json() == [new]
        plain = {"title": "Later", "newspiece": "x"}
        later = (await call(horde, "POST", "operations/news", root.api_key, plain)).json()
        assert (later["importance"], later["tags"], later["more_info_urls"]) == ("Information", [], [])
        assert await titles(horde) == ["Later", "Bees"]
        changed = await call(horde, "PATCH", "operations/news/1", root.api_key, {"date_published": "2999-01-01"})
        assert changed.json() == {"id": "1", **new, "date_published": "2999-01-01"}
        assert await titles(horde) == ["Bees", "Later"]
        kept = (await call(horde, "GET", "operations/news", root.api_key)).json()
        assert [piece["id"] for piece in kept] == ["1", "2"]
        assert (await call(horde, "DELETE", "operations/news/1", root.api_key)).json() == {"message": "OK"}
        assert await titles(horde) == ["Later"]
        trail = await horde.sql(
            "SELECT action, subject_id, old_value->>'title', new_value FROM audit_entry ORDER BY id"
        )
        assert [each[:2] for each in trail] == [
            ("news.create", "1"), ("news.create", "2"), ("news.change", "1"), ("news.delete", "1")
        ]  # fmt: skip
        assert (trail[2][3], trail[3][2]) == ({"date_published": "2999-01-01"}, "Bees")

    @pytest.mark.parametrize(
        "wrong",
        [
            {"title": ""}, {"title": "x" * 201}, {"title": "two\nlines"}, {"newspiece": ""},
            {"newspiece": "x" * 10_001},
            {"importance": "Huge"}, {"tags": ["x"] * 21}, {"tags": ["x" * 51]}, {"tags": [""]},
            {"more_info_urls": ["javascript:alert(1)"]}, {"more_info_urls": ["https://x"] * 21},
            {"more_info_urls": ["https://" + "x" * 500]}, {"date_published": "yesterday"}, {"date_published": "x" * 11},
        ],
        ids=lambda value: str(value)[:40],
    )  # fmt: skip
    async def test_values_beyond_the_schema_are_named(
        self, horde: Horde, root: NewAccount, wrong: dict[str, Any]
    ) -> None:
        """§6.1, basics.md §3.3: when it is made and when it is changed."""
        await call(horde, "POST", "operations/news", root.api_key, {"title": "x", "newspiece": "x"})
        body = {"title": "x", "newspiece": "x", **wrong}
        for answer in (
            await call(horde, "POST", "operations/news", root.api_key, body),
            await call(horde, "PATCH", "operations/news/1", root.api_key, wrong),
        ):
            [(name, _)] = answer.json()["errors"].items()
            assert (answer.status_code, name.partition(".")[0]) == (400, next(iter(wrong)))

    async def test_what_else_is_refused(self, horde: Horde, root: NewAccount) -> None:
        """§6.1: unknown numbers, nothing to change, more than a thousand, who is no administrator."""
        for number in ("1", "x", "9" * 20, "0"):
            for method, body in (("PATCH", {"title": "x"}), ("DELETE", None)):
                answer = await call(horde, method, f"operations/news/{number}", root.api_key, body)
                assert horde.outcome(answer) == (404, "NewspieceNotFound")
        answer = await call(horde, "PATCH", "operations/news/1", root.api_key, {})
        assert horde.outcome(answer) == (400, "BadRequest")
        await horde.sql("INSERT INTO news (title, body) SELECT 'x', 'x' FROM generate_series(1, %s)", MOST_NEWS)
        new = {"title": "x", "newspiece": "x"}
        answer = await call(horde, "POST", "operations/news", root.api_key, new)
        assert horde.outcome(answer) == (400, "BadRequest")
        mod = await horde.account("mod", moderator=True)
        answer = await call(horde, "POST", "operations/news", mod.api_key, new)
        assert horde.outcome(answer) == (403, "NotAdmin")

    async def test_the_hundred_newest_are_shown(self, run_horde: RunHorde, horde: Horde) -> None:
        """§4.1: of those in the database and in files together."""
        await horde.sql(
            "INSERT INTO news (published_on, title, body) SELECT date '2000-01-01' + n, 'news ' || n, 'x'"
            " FROM generate_series(1, 120) AS n"
        )
        async with run_horde() as other:
            assert await titles(other) == [f"news {n}" for n in range(120, 20, -1)]

    async def test_other_servers_show_it_too(self, start_horde: StartHorde, horde: Horde, root: NewAccount) -> None:
        """§4.1: within a moment, without a restart."""
        other = await start_horde()
        await call(horde, "POST", "operations/news", root.api_key, {"title": "Bees", "newspiece": "x"})
        assert await titles(horde) == ["Bees"]

        async def is_there() -> bool:
            return await titles(other) == ["Bees"]

        await horde.until(is_there, "the other server shows it")


class TestFiles:
    """The content folder."""

    async def test_files_are_read_and_read_again(self, start_horde: StartHorde, tmp_path: Path) -> None:
        """§4.2, §5.2: news with a head, documents as they are; what is broken is left out; changes count soon."""
        folder = tmp_path / "told"
        (folder / "news").mkdir(parents=True)
        (folder / NEWS.format("2026-12-01-bees")).write_text(FILE, "utf-8")
        (folder / NEWS.format("broken")).write_text("no head", "utf-8")
        (folder / "terms.md").write_text("# Be kind", "utf-8")
        (folder / "privacy.md").write_bytes(b"\xff\xfe")
        horde = await start_horde(content_folder=folder, reconcile_interval_s=0.05)
        assert (await call(horde, "GET", "status/news")).json() == [
            {
                "title": "Bees", "date_published": "2026-12-01", "importance": "Workers", "tags": ["bees", "honey"],
                "more_info_urls": ["https://example.org/bees"], "newspiece": "Bees are **welcome**.",
            }
        ]  # fmt: skip
        assert await document(horde, "terms") == "# Be kind"
        assert (await document(horde, "privacy")).startswith("# Privacy at")
        later = FILE.replace("Bees\n", "Wasps\n").replace("-12-01", "-12-02")
        (folder / NEWS.format("later")).write_text(later, "utf-8")
        (folder / "terms.md").unlink()

        async def is_read() -> bool:
            return await titles(horde) == ["Wasps", "Bees"] and "shipped" in await document(horde, "terms")

        await horde.until(is_read, "the changed folder is read")


class TestDocuments:
    """GET /documents/… and /operations/documents/…."""

    async def test_what_was_shipped_is_told_first(self, horde: Horde) -> None:
        """§5.1: HTML unless Markdown is asked for, with the horde's name as text."""
        for name, heading in (("terms", "Terms of"), ("privacy", "Privacy at"), ("sponsors", "Sponsors")):
            assert (await document(horde, name)).startswith(f"# {heading}")
            html = await document(horde, name, None)
            assert html.startswith(f"<h1>{heading}")
            assert "Hive &amp; &lt;Co&gt;" in html
            assert "$" not in html
            assert "[if" not in html
        assert "bee@example.org" in await document(horde, "privacy")
        for form in ("pdf", "", "HTML"):
            answer = await call(horde, "GET", f"documents/terms?format={form}")
            assert (answer.status_code, list(answer.json()["errors"])) == (400, ["format"])

    async def test_the_privacy_document_follows_the_settings(self, run_horde: RunHorde, tmp_path: Path) -> None:
        """§5.3: what is kept longer is said where it is kept, and for how long requests live."""
        async with run_horde() as plain:
            text = await document(plain, "privacy")
            assert "until 20 minutes" in text
            assert "What a filter refuses is not kept" in text
            assert "but for shared keys" in text
            assert not any(
                word in text for word in ("Shared pictures", "are kept for good", "VPN", "Questions", "signs in")
            )
            assert "30 days later all that tells" in text
        async with run_horde(
            shared_blobs=str(tmp_path / "s"), prompt_evidence=str(tmp_path / "e"), request_lifetime_s=3600,
            ip_checker="https://checker.example/{ipaddr}", deleted_account_retention_days=7,
        ) as keeping:  # fmt: skip
            text = await document(keeping, "privacy")
            assert "until 60 minutes" in text
            assert "7 days later all that tells" in text
            assert all(
                word in text for word in ("Shared pictures", "a filter refused** are kept until the account", "VPN")
            )

    async def test_administrators_write_and_forget_them(self, horde: Horde, root: NewAccount) -> None:
        """§6.2: before files and what was shipped; recorded by its length."""
        shipped = await document(horde, "terms")
        longest = httpx.Request("PUT", "http://x", json={"markdown": "é" * MOST_DOCUMENT})
        escaped = b'{"markdown": "' + b"\\u00e9" * MOST_DOCUMENT + b'"}'
        for body in (longest.content, escaped):  # a body may have a mebibyte, and none is longer
            headers = {"apikey": root.api_key, "content-type": "application/json"}
            answer = await horde.client.put("/api/v2/operations/documents/sponsors", content=body, headers=headers)
            assert answer.status_code == 200, answer.text
        await call(horde, "DELETE", "operations/documents/sponsors", root.api_key)
        await horde.sql("DELETE FROM audit_entry")
        answer = await call(horde, "PUT", "operations/documents/terms", root.api_key, {"markdown": "Be *kind*."})
        assert (answer.status_code, answer.json()) == (200, {"message": "OK"})
        assert await document(horde, "terms") == "Be *kind*."
        assert await document(horde, "terms", "html") == "<p>Be <em>kind</em>.</p>\n"
        await call(horde, "PUT", "operations/documents/terms", root.api_key, {"markdown": "Be very *kind*."})
        assert await document(horde, "terms") == "Be very *kind*."
        assert (await call(horde, "DELETE", "operations/documents/terms", root.api_key)).status_code == 200
        assert await document(horde, "terms") == shipped
        assert await horde.sql("SELECT action, subject_id, old_value, new_value FROM audit_entry ORDER BY id") == [
            ("document.change", "terms", {}, {"characters": 10}),
            ("document.change", "terms", {"characters": 10}, {"characters": 15}),
            ("document.reset", "terms", {"characters": 15}, {}),
        ]
        for method, path in (("DELETE", "terms"), ("PUT", "rules"), ("DELETE", "rules")):
            answer = await call(horde, method, f"operations/documents/{path}", root.api_key, {"markdown": "x"})
            assert horde.outcome(answer) == (404, "DocumentNotFound")
        for wrong in ("", "x" * 150_001, None):
            answer = await call(horde, "PUT", "operations/documents/terms", root.api_key, {"markdown": wrong})
            assert list(answer.json()["errors"]) == ["markdown"]
        mod = await horde.account("mod", moderator=True)
        answer = await call(horde, "PUT", "operations/documents/terms", mod.api_key, {"markdown": "x"})
        assert horde.outcome(answer) == (403, "NotAdmin")


class TestServiceInfo:
    """GET /.well-known/serviceinfo."""

    async def test_it_says_what_runs_where(self, run_horde: RunHorde) -> None:
        """§7.1: from the settings; without them the address that was called."""
        async with run_horde() as plain:
            answer = await plain.client.get("/.well-known/serviceinfo")
            assert answer.status_code == 200
            ServiceInfo.model_validate(answer.json(), strict=True)
            told = answer.json()
            assert told["software"].keys() == {"name", "version", "homepage", "logo"}
            assert (told["software"]["name"], told["software"]["homepage"]) == ("OpenHorde", "http://horde.test")
            logo = await plain.client.get(told["software"]["logo"])
            assert logo.headers["content-type"] == "image/png"
        async with run_horde(
            title="Hive", url="https://hive.example", repository="https://git.example/hive",
            logo="https://hive.example/l.png",
        ) as named:  # fmt: skip
            told = (await named.client.get("/.well-known/serviceinfo")).json()
            assert told["version"] == "0.2"
            assert told["software"] == {
                "name": "Hive", "version": told["software"]["version"], "repository": "https://git.example/hive",
                "homepage": "https://hive.example", "logo": "https://hive.example/l.png",
            }  # fmt: skip
            assert told["api"] == {
                "aihorde": {
                    "name": "AI Horde API", "version": "2.5", "base_url": "https://hive.example",
                    "rel_url": "/api/v2", "documentation": "https://hive.example/api/",
                }
            }  # fmt: skip
