"""The household's own alchemist, asked through `horde alchemy`: every process is real, and so is every result."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from horde_processes import RunningHorde, clean_environment
from PIL import Image, ImageDraw

pytestmark = pytest.mark.acceptance

HORDE = str(Path(sys.executable).with_name("horde"))
RUN_LIMIT_S = 120


def flag(path: Path) -> None:
    """Three quarters navy, one quarter gold."""
    image = Image.new("RGB", (160, 120), "#000080")
    ImageDraw.Draw(image).rectangle((0, 0, 79, 59), fill="#ffd700")
    image.save(path)


def alchemy(horde: RunningHorde, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`horde alchemy` in `folder`."""
    return subprocess.run(
        [HORDE, "alchemy", *arguments, "--horde", horde.url],
        cwd=folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=RUN_LIMIT_S,
        check=False,
    )


def test_a_picture_is_analysed_drawn_and_made_larger(household: RunningHorde, tmp_path: Path) -> None:
    flag(tmp_path / "flag.png")
    forms = [word for form in ("palette", "describe", "vectorize", "4x_AnimeSharp") for word in ("--form", form)]
    done = alchemy(household, tmp_path, "flag.png", *forms, "--output", "made", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["state"], [form["state"] for form in told["forms"]]) == ("done", ["done"] * 4)
    palette, described, drawing, larger = told["forms"]
    navy, gold, *_ = palette["result"]["palette"]
    assert (navy["color"][:2], gold["color"][:2]) == ("#0", "#f")
    assert [navy["share"], gold["share"]] == pytest.approx([0.75, 0.25], abs=0.05)  # a horde's WebP blurs the edge
    facts = described["result"]["describe"]
    assert (facts["width"], facts["height"], len(facts["phash"]), len(facts["blurhash"])) == (160, 120, 16, 28)
    root = ET.parse(tmp_path / drawing["path"]).getroot()
    assert (root.attrib["width"], root.attrib["height"]) == ("160", "120")
    with Image.open(tmp_path / larger["path"]) as image:
        assert (image.format, image.size) == ("WEBP", (640, 480))


def test_an_interrupted_request_is_cancelled_on_the_horde(household: RunningHorde, tmp_path: Path) -> None:
    flag(tmp_path / "flag.png")
    command = [HORDE, "alchemy", "flag.png", "--form", "GFPGAN", "--horde", household.url]
    before = queued(household)
    with subprocess.Popen(
        command, cwd=tmp_path, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as asking:
        try:
            assert asking.stderr is not None
            assert "finished 0 of 1\n" in iter(asking.stderr.readline, "")  # after a warning that nobody does it
            assert queued(household) == before + 1
            asking.send_signal(signal.SIGINT)
            assert asking.wait(RUN_LIMIT_S) == 1
        finally:
            asking.kill()
    assert queued(household) == before


def queued(horde: RunningHorde) -> int:
    """Forms that wait."""
    _, told = horde.api("status/performance")
    return int(told["queued_forms"])
