"""The options of `horde image`: what a user types, and what goes over the wire."""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
from fake_horde import FakeHorde
from typer.testing import CliRunner, Result

from horde_sdk.ai_horde_api import source_images
from horde_sdk.command_line.client_commands import register
from horde_sdk.command_line.main import build_app

app = build_app(plugins=[])
register(app)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def price(*options: str) -> Result:
    return CliRunner().invoke(app, ["image", "p", "--dry-run", *options])


def sent(horde: FakeHorde, *options: str) -> dict[str, Any]:
    result = price(*options)
    assert result.exit_code == 0, result.output
    body: dict[str, Any] = horde.asked[-1].body
    return body


def a_picture(path: Path, *, size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: Any) -> str:
    PIL.Image.new(mode, size, "red").save(path, **options)
    return str(path)


def received(text: str) -> PIL.Image.Image:
    return PIL.Image.open(BytesIO(base64.b64decode(text)))


@pytest.mark.parametrize(
    ("options", "params"),
    [
        (["--cfg", "0", "--no-karras", "--clip-skip", "2"], {"cfg_scale": 0, "karras": False, "clip_skip": 2}),
        (["--karras", "--seed", "0", "--seed-variation", "3"], {"karras": True, "seed": "0", "seed_variation": 3}),
        (["--hires-fix", "--hires-denoise", "0.6"], {"hires_fix": True, "hires_fix_denoising_strength": 0.6}),
        (["--tiling", "--transparent"], {"tiling": True, "transparent": True}),
        (
            ["--post-processing", "GFPGAN", "--post-processing", "4x_AnimeSharp", "--facefixer-strength", "0.5"],
            {"post_processing": ["GFPGAN", "4x_AnimeSharp"], "facefixer_strength": 0.5},
        ),
        (["--lora", "detail"], {"loras": [{"name": "detail"}]}),
        (
            ["--lora", "detail:0.7", "--lora", "a:b:-1"],
            {"loras": [{"name": "detail", "model": 0.7, "clip": 0.7}, {"name": "a:b", "model": -1, "clip": -1}]},
        ),
        (["--lora", "v1:beta"], {"loras": [{"name": "v1:beta"}]}),
        (
            ["--ti", "7808:0.5", "--inject-ti", "negprompt"],
            {"tis": [{"name": "7808", "strength": 0.5, "inject_ti": "negprompt"}]},
        ),
        (
            ["--workflow", "qr_code", "--extra-text", "qr_code=https://example.org/?a=1"],
            {
                "workflow": "qr_code",
                "extra_texts": [{"reference": "qr_code", "text": "https://example.org/?a=1"}],
            },
        ),
        (
            ["--source", "https://example.org/a.png", "--control-type", "canny", "--return-control-map"],
            {"control_type": "canny", "return_control_map": True},
        ),
        (["--source", "https://example.org/a.png", "--denoise", "0.4"], {"denoising_strength": 0.4}),
    ],
)
def test_options_are_parameters_of_the_request(horde: FakeHorde, options: list[str], params: dict[str, Any]) -> None:
    assert sent(horde, *options)["params"] == {"width": 512, "height": 512, "n": 1, **params}


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        ([], {}),
        (["--sfw"], {"nsfw": False, "censor_nsfw": True}),
        (["--style", "oil", "--no-batching"], {"style": "oil", "disable_batching": True}),
        (["--webhook", "https://example.org/hook"], {"webhook": "https://example.org/hook"}),
        (["--extra-slow-workers", "--trusted-workers"], {"extra_slow_workers": True, "trusted_workers": True}),
    ],
)
def test_options_beside_the_parameters(horde: FakeHorde, options: list[str], fields: dict[str, Any]) -> None:
    body = sent(horde, *options)

    assert {name: body[name] for name in body.keys() - {"prompt", "params", "models", "dry_run"}} == fields


def test_source_at_a_url_is_left_to_the_horde(horde: FakeHorde) -> None:
    body = sent(horde, "--source", "https://example.org/a.png", "--source-processing", "outpainting")

    assert (body["source_image"], body["source_processing"]) == ("https://example.org/a.png", "outpainting")


def test_files_are_sent_as_webp_and_a_mask_means_inpainting(horde: FakeHorde, folder: Path) -> None:
    body = sent(horde, "--source", a_picture(folder / "a.png"), "--mask", a_picture(folder / "m.png", mode="L"))

    source = received(body["source_image"])
    assert (source.format, source.size, source.mode) == ("WEBP", (40, 30), "RGB")
    assert received(body["source_mask"]).size == (40, 30)
    assert body["source_processing"] == "inpainting"


def test_word_on_what_the_mask_is_for_is_kept(horde: FakeHorde, folder: Path) -> None:
    picture = a_picture(folder / "a.png")

    body = sent(horde, "--source", picture, "--mask", picture, "--source-processing", "img2img")

    assert body["source_processing"] == "img2img"


def test_transparency_of_a_source_is_kept(horde: FakeHorde, folder: Path) -> None:
    PIL.Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(folder / "a.png")

    source = received(sent(horde, "--source", "a.png")["source_image"])

    assert source.mode == "RGBA"
    assert source.getpixel((4, 4))[3] == 0  # type: ignore[index]


def test_photo_is_sent_upright_and_without_the_cameras_notes(horde: FakeHorde, folder: Path) -> None:
    notes = PIL.Image.Exif()
    notes[0x0112] = 6  # the camera was turned
    notes[0x010F] = "maker"
    picture = a_picture(folder / "a.jpg", size=(40, 20), exif=notes)

    source = received(sent(horde, "--source", picture)["source_image"])

    assert source.size == (20, 40)
    assert not source.getexif()


def test_image_larger_than_hordes_take_is_scaled_down(horde: FakeHorde, folder: Path) -> None:
    source = received(sent(horde, "--source", a_picture(folder / "a.png", size=(6144, 64)))["source_image"])

    assert source.size == (3072, 32)


def test_further_sources_for_remix(horde: FakeHorde, folder: Path) -> None:
    body = sent(horde, "--extra-source", "http://example.org/b", "--extra-source", a_picture(folder / "a.png"))

    first, second = body["extra_source_images"]
    assert first == {"image": "http://example.org/b"}
    assert received(second["image"]).format == "WEBP"


def test_file_that_is_too_large_is_refused_before_it_is_read_whole(
    horde: FakeHorde, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_images, "LARGEST_FILE_BYTES", 50)

    result = price("--source", a_picture(folder / "a.png"))

    assert (result.exit_code, horde.lines) == (1, [])
    assert "is larger than 50 bytes" in result.stderr


@pytest.mark.parametrize("most_pixels", [1000, 100])
def test_file_that_unpacks_to_too_many_pixels_is_refused(
    horde: FakeHorde, folder: Path, monkeypatch: pytest.MonkeyPatch, most_pixels: int
) -> None:
    picture = a_picture(folder / "a.png")
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", most_pixels)

    result = price("--source", picture)

    assert (result.exit_code, horde.lines) == (1, [])
    assert "has too many pixels" in result.stderr


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"%!PS-Adobe-3.0 EPSF-3.0", b"\x89PNG\r\n\x1a\n broken"])
def test_file_that_is_no_image_is_one_sentence(horde: FakeHorde, folder: Path, content: bytes) -> None:
    (folder / "a.png").write_bytes(content)

    result = price("--source", "a.png")

    assert (result.exit_code, horde.lines) == (1, [])
    assert "a.png is not an image that can be read" in result.stderr


def test_truncated_image_is_one_sentence(horde: FakeHorde, folder: Path) -> None:
    PIL.Image.effect_noise((64, 64), 50).save(folder / "a.png")
    (folder / "a.png").write_bytes((folder / "a.png").read_bytes()[:1000])

    assert "a.png is not an image that can be read" in price("--source", "a.png").stderr


@pytest.mark.parametrize("place", ["missing.png", "."])
def test_file_that_cannot_be_opened_is_one_sentence(horde: FakeHorde, folder: Path, place: str) -> None:
    result = price("--source", place)

    assert (result.exit_code, horde.lines) == (1, [])
    assert f"{place} cannot be read" in result.stderr


@pytest.mark.parametrize(
    "options",
    [
        ["--mask", "m.png"],
        ["--extra-text", "qr_code"],
        ["--denoise", "1.5"],
        ["--clip-skip", "13"],
        ["--worker", "a", "--avoid-worker", "b"],
    ],
)
def test_wrong_command_line_is_exit_code_2(horde: FakeHorde, options: list[str]) -> None:
    assert price(*options).exit_code == 2
    assert horde.lines == []


def test_strength_out_of_bounds_is_one_sentence(horde: FakeHorde) -> None:
    result = price("--lora", "detail:6")

    assert (result.exit_code, horde.lines) == (1, [])
    assert result.stderr.startswith("params.loras.0.model: ")
