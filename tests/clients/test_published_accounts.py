"""Published clients and a web page of another origin with accounts, shared keys, teams, styles: as their users do."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue

import pytest
from clients.client_places import SCRIPTS, node_place, python_place, run_client
from horde_processes import RunningHorde

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]  # installing takes its time

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
TOLD_WITHIN_S = 150


def test_the_npm_package_has_users_shared_keys_and_teams(household: RunningHorde, tmp_path: Path) -> None:
    place = node_place("@zeldafan0225/ai_horde@5.2.0")
    node = shutil.which("node")
    assert node
    user = household.create_user("nora", trusted=True, kudos=10_000)
    command = [node, str(SCRIPTS / "npm_accounts.cjs"), f"{household.url}/api/v2", str(place)]
    told = run_client([*command, user["api_key"], str(user["id"])], household, tmp_path)
    assert told["public_workers"] is True
    assert told["user"] == user["alias"]
    assert user["alias"] in told["users"]
    assert told["shared_key"] == {
        "username": user["alias"],
        "kudos": 500,
        "name": "for the class",
        "expires": True,
    }
    assert told["spent"] > 0
    assert told["left"] + told["spent"] in (499, 500)  # whole kudos of each
    assert (told["renamed"], told["removed"]) == ("for the club", "OK")
    assert told["gone"] == "InvalidAPIKey"
    name = f"smiths of {user['id']}"
    assert told["team"] == {"name": name, "info": "We hammer and saw.", "creator": user["alias"]}
    assert name in told["teams"]
    assert told["team_removed"] == name
    assert told["images"] >= 1
    assert sum(told["models"].values()) >= 1
    assert told["text_totals"] == ["day", "hour", "minute", "month", "total"]
    assert told["news"] >= 0


def test_aihordeclient_makes_styles(household: RunningHorde, tmp_path: Path) -> None:
    interpreter = str(python_place("aihordeclient==0.5.1", sys.executable))
    user = household.create_user("anselm", trusted=True, kudos=10_000)
    told = run_client([interpreter, str(SCRIPTS / "aihordeclient_styles.py"), user["api_key"]], household, tmp_path)
    assert told["message"] == "OK"
    assert told["example"] is True
    assert told["listed"] == [["woodcut", user["alias"], ["print"]]]
    assert told["examples"] == ["https://example.org/woodcut.webp"]
    assert "woodcut" in told["by_model"]
    assert "10000" in told["balance"]


def test_a_page_of_another_origin_uses_styles_and_shared_keys(household: RunningHorde, tmp_path: Path) -> None:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip(f"no browser on PATH ({', '.join(BROWSERS)})")
    user = household.create_user("paula", trusted=True, kudos=10_000)
    page = (SCRIPTS / "other_origin.html").read_text(encoding="utf-8")
    told = told_by(page.replace("@HORDE@", household.url).replace("@KEY@", user["api_key"]), browser, tmp_path)
    assert told == {
        "style": [200, 200, 200, 200],
        "info": "Fine lines, cross-hatched.",
        "steps": 5,
        "node": True,  # pages may read every header (basics.md §8.1)
        "collections": ["prints"],
        "asked": [[202, True], [202, True]],
        "pictures": 1,
        "visitors": "for guests",
        "removed": [200, 200, 200],
        "refused": [401, "InvalidAPIKey"],
    }


def told_by(page: str, browser: str, folder: Path) -> dict[str, object]:
    """What the page sends to where it came from, an address of its own on loopback: another origin than the horde's."""
    told: Queue[bytes] = Queue()

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())

        def do_POST(self) -> None:
            told.put(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
        with (folder / "browser.log").open("wb") as log:
            seen = subprocess.Popen([browser, *options, address], stdout=log, stderr=log)
        try:
            answer: dict[str, object] = json.loads(told.get(timeout=TOLD_WITHIN_S))
        finally:
            seen.terminate()
            seen.wait(30)
            server.shutdown()
    return answer
