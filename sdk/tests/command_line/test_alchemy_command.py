"""`horde alchemy` against a horde on loopback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fake_horde import JOB, FakeHorde, Reply, a_form, a_picture, an_alchemy_status
from PIL import Image
from typer.testing import CliRunner, Result

from horde_sdk.command_line import connection
from horde_sdk.command_line.client_commands import register
from horde_sdk.command_line.main import build_app

ASYNC = "POST /v2/interrogate/async"
STATUS = f"GET /v2/interrogate/status/{JOB}"
SOURCE = "https://example.org/My%20Cat.png"

app = build_app(plugins=[])
register(app)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "POLL_INTERVAL_S", 0.0)


@pytest.fixture(autouse=True)
def _images_land_in_a_place_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


HOOK = "https://example.org/told"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["alchemy", *arguments])


def finished(form: str, value: Any) -> Reply:
    return Reply(200, an_alchemy_status("done", a_form(form, result={form: value})))


def test_words_are_printed_and_images_saved(horde: FakeHorde, tmp_path: Path) -> None:
    result = run(SOURCE, "--form", "caption", "--form", "RealESRGAN_x2plus", "--output", str(tmp_path))

    assert result.exit_code == 0, result.output
    (path,) = tmp_path.iterdir()
    assert path.name == "my-cat-realesrgan-x2plus.webp"
    assert result.stdout == f"caption: a red square\n{path}\n"
    assert "finished 2 of 2" in result.stderr
    with Image.open(path) as image:
        assert image.size == (16, 16)
    assert horde.asked[0].body == {
        "forms": [{"name": "caption"}, {"name": "RealESRGAN_x2plus"}],
        "source_image": SOURCE,
    }


def test_file_is_sent_as_webp_and_names_what_is_made_of_it(horde: FakeHorde, tmp_path: Path) -> None:
    source = tmp_path / "A photo.webp"
    source.write_bytes(a_picture())

    assert run(str(source), "--form", "RealESRGAN_x2plus", "-o", str(tmp_path / "out")).exit_code == 0

    assert horde.asked[0].body["source_image"].startswith("UklGR")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a-photo-realesrgan-x2plus.webp"]


def test_drawing_is_saved_as_svg(horde: FakeHorde, tmp_path: Path) -> None:
    horde.will_answer(STATUS, finished("vectorize", "<svg/>"))

    run(SOURCE, "--form", "vectorize", "-o", str(tmp_path))

    assert (tmp_path / "my-cat-vectorize.svg").read_text() == "<svg/>"


@pytest.mark.parametrize(
    ("form", "value", "said"),
    [
        ("nsfw", True, "nsfw: yes\n"),
        ("aesthetic", 6.25, "aesthetic: 6.25\n"),
        ("palette", [{"color": "#ff0000", "share": 0.75}, {"color": "#000000", "share": 0.25}],
         "palette: #ff0000 75.0%, #000000 25.0%\n"),
        ("describe", {"width": 8, "blurhash": "L0"}, "describe width: 8\ndescribe blurhash: L0\n"),
        ("interrogation", {"tags": [{"text": "cat", "confidence": 23.1}], "artists": []}, "tags: cat (23)\n"),
        ("hologram", {"depth": [1]}, "hologram depth: [1]\n"),
    ],
)  # fmt: skip
def test_analysis_is_printed_readably(horde: FakeHorde, form: str, value: Any, said: str) -> None:
    horde.will_answer(STATUS, finished(form, value))

    assert run(SOURCE, "--form", form).stdout == said


def test_json_holds_results_and_paths(horde: FakeHorde, tmp_path: Path) -> None:
    told = json.loads(
        run(SOURCE, "--form", "caption", "--form", "RealESRGAN_x2plus", "-o", str(tmp_path), "--json").stdout
    )

    caption, upscaled = told["forms"]
    assert (told["id"], told["state"]) == (JOB, "done")
    assert caption == {"form": "caption", "state": "done", "result": {"caption": "a red square"}}
    assert Path(upscaled["path"]).parent == tmp_path


def test_options_of_a_form_and_of_the_request_are_sent(horde: FakeHorde) -> None:
    run(SOURCE, "--form", "caption:min_length=30,num_beams=5", "--fast-workers", "--trusted-workers", "--webhook", HOOK)

    assert horde.asked[0].body == {
        "forms": [{"name": "caption", "payload": {"min_length": "30", "num_beams": "5"}}],
        "source_image": SOURCE,
        "slow_workers": False,
        "trusted_workers": True,
        "webhook": HOOK,
    }


@pytest.mark.parametrize("arguments", [[], [SOURCE], [SOURCE, "--form", "caption:min_length"]])
def test_wrong_command_line_is_exit_code_2(horde: FakeHorde, arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2
    assert horde.lines == []


def test_form_without_a_result_is_named_and_is_exit_code_1(horde: FakeHorde) -> None:
    mixed = an_alchemy_status("partial", a_form("caption", result={"caption": "a"}), a_form("nsfw", "faulted"))
    horde.will_answer(STATUS, Reply(200, mixed))

    result = run(SOURCE, "--form", "caption", "--form", "nsfw")

    assert (result.exit_code, result.stdout) == (1, "caption: a\n")
    assert "1 failed" in result.stderr
    assert "Without a result: nsfw." in result.stderr


def test_refusal_is_one_sentence_with_its_code(horde: FakeHorde) -> None:
    horde.will_answer(ASYNC, Reply(400, {"message": "Too many pixels.", "rc": "SourceImageResolutionExceeded"}))

    result = run(SOURCE, "--form", "caption")

    assert (result.exit_code, result.stderr) == (1, "Too many pixels. [SourceImageResolutionExceeded]\n")


def test_file_that_is_not_there_is_one_sentence(horde: FakeHorde) -> None:
    result = run("nowhere.png", "--form", "caption")

    assert (result.exit_code, horde.lines) == (1, [])
    assert result.stderr == "nowhere.png cannot be read: No such file or directory\n"


def test_image_that_cannot_be_fetched_is_one_sentence(horde: FakeHorde, tmp_path: Path) -> None:
    horde.will_answer("GET /image/larger", Reply(404, {}))

    result = run(SOURCE, "--form", "RealESRGAN_x2plus", "-o", str(tmp_path))

    assert result.exit_code == 1
    assert "is finished but its image could not be fetched" in result.stderr


def test_ctrl_c_cancels_the_request_on_the_horde(horde: FakeHorde, monkeypatch: pytest.MonkeyPatch) -> None:
    horde.will_answer(STATUS, Reply(200, an_alchemy_status("waiting", a_form("caption", "waiting"))))

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("horde_sdk.command_line.progress_display.PlainProgress.show", interrupted)

    assert run(SOURCE, "--form", "caption").exit_code == 1
    assert horde.lines[-1] == f"DELETE /v2/interrogate/status/{JOB}"


def test_words_of_a_stranger_do_not_steer_the_terminal(horde: FakeHorde) -> None:
    horde.will_answer(STATUS, finished("caption", "fine\x1b]0;title\x07\x9b2J"))

    assert run(SOURCE, "--form", "caption").stdout == "caption: fine\\u001b]0;title\\u0007\\u009b2J\n"
