"""The code of the seed documents runs verbatim against `horde up` (nothing but the host of the first is changed)."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from acceptance.seed_documents import (
    alchemy_snippet,
    async_image_snippet,
    code_after,
    document_with,
    dry_run_snippet,
    image_snippet,
    manual_snippet,
    run_snippet,
    session_snippet,
    text_snippet,
)
from horde_processes import RunningHorde
from PIL import Image, ImageChops, ImageDraw, ImageFilter

pytestmark = pytest.mark.acceptance

WIKI = "Rbrtcs1 edited this page"


def assert_succeeded(result: subprocess.CompletedProcess[str]) -> None:
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_wiki_script_gets_its_two_images(household: RunningHorde, tmp_path: Path) -> None:
    code = code_after(document_with(WIKI), "Python", until="Clone this wiki locally")
    code = code.removesuffix("Clone this wiki locally\n")
    result = run_snippet(code.replace("https://aihorde.net", household.url), household, tmp_path)
    assert_succeeded(result)
    last = result.stdout.strip().splitlines()[-1]
    assert last.count("'img': '") == 2
    assert "'done': True" in last
    assert re.search(r"'model': 'Deliberate'", last)


def images_in(folder: Path) -> list[tuple[int, int]]:
    sizes = []
    for path in sorted(folder.glob("*.webp")):
        with Image.open(path) as image:
            image.load()
            sizes.append(image.size)
    return sizes


def test_the_simple_client_snippet_saves_a_picture(household: RunningHorde, tmp_path: Path) -> None:
    assert_succeeded(run_snippet(image_snippet(), household, tmp_path))
    assert images_in(tmp_path) == [(512, 512)]


def test_the_async_simple_client_snippet_saves_two_pictures(household: RunningHorde, tmp_path: Path) -> None:
    assert_succeeded(run_snippet(async_image_snippet(), household, tmp_path))
    assert images_in(tmp_path) == [(512, 512)] * 2


def test_the_manual_client_snippet_saves_a_picture(household: RunningHorde, tmp_path: Path) -> None:
    assert_succeeded(run_snippet(manual_snippet(), household, tmp_path))
    assert images_in(tmp_path) == [(512, 512)]


def test_the_dry_run_snippet_prints_a_price(household: RunningHorde, tmp_path: Path) -> None:
    result = run_snippet(dry_run_snippet(), household, tmp_path)
    assert_succeeded(result)
    price = re.search(r"Estimated kudos cost: ([0-9.]+)", result.stdout)
    assert price and float(price[1]) > 1


def test_the_text_snippet_prints_a_readable_text(household: RunningHorde, tmp_path: Path) -> None:
    result = run_snippet(text_snippet(), household, tmp_path)
    assert_succeeded(result)
    words = re.findall(r"[A-Za-z]+", result.stdout)
    assert len(words) > 30
    assert {"the", "a", "was", "and", "she", "he", "her", "his"} & {word.lower() for word in words}


def test_the_alchemy_snippet_prints_a_caption_and_saves_a_larger_picture(
    household: RunningHorde, tmp_path: Path
) -> None:
    """Both by the household's own alchemist: the caption by its trained captioner."""
    source = red_square(200, 120)
    source.save(tmp_path / "my_image.webp", lossless=True)
    result = run_snippet(alchemy_snippet(), household, tmp_path)
    assert_succeeded(result)
    assert result.stdout == "Caption: a red square on a white background\n"
    [larger] = tmp_path.glob("*_RealESRGAN_x2plus.webp")
    assert re.fullmatch(r"[0-9a-f-]{36}_RealESRGAN_x2plus", larger.stem)
    with Image.open(larger) as image:
        assert image.size == (400, 240)
        difference = ImageChops.difference(image.convert("RGB").resize(source.size), source)
    assert max(difference.tobytes()) < 24, "the upscaled picture is not the source's"


def red_square(width: int, height: int) -> Image.Image:
    """On white, as the small world of the demo models has it; with soft edges, which survive both ways of resizing."""
    picture = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(picture).rectangle((width / 2 - 34, height / 2 - 34, width / 2 + 34, height / 2 + 34), "#dc2828")
    return picture.filter(ImageFilter.GaussianBlur(3))


def test_the_alchemy_snippet_runs_with_the_synchronous_client_too(household: RunningHorde, tmp_path: Path) -> None:
    red_square(120, 120).save(tmp_path / "my_image.webp")
    code = alchemy_snippet()
    for asynchronous, synchronous in (
        ("    async with aiohttp_session, horde_client_session:\n", "    if True:\n"),
        ("    aiohttp_session = aiohttp.ClientSession()\n", ""),
        ("    horde_client_session = AIHordeAPIAsyncClientSession(aiohttp_session)\n", ""),
        ("AIHordeAPIAsyncSimpleClient(horde_client_session=horde_client_session)", "AIHordeAPISimpleClient()"),
        ("    AIHordeAPIAsyncSimpleClient,\n", "    AIHordeAPISimpleClient,\n"),
        ("await ", ""),
    ):
        assert asynchronous in code
        code = code.replace(asynchronous, synchronous)
    result = run_snippet(code, household, tmp_path)
    assert_succeeded(result)
    assert result.stdout == "Caption: a red square on a white background\n"
    assert [size for size in images_in(tmp_path) if size != (120, 120)] == [(240, 240)]


def test_the_session_snippet_submits_and_cleans_up(household: RunningHorde, tmp_path: Path) -> None:
    result = run_snippet(session_snippet(), household, tmp_path)
    assert_succeeded(result)
    assert re.fullmatch(r"[0-9a-f-]{36}", result.stdout.strip().splitlines()[-1])
