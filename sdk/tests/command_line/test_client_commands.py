"""`horde image`, `models`, `workers` and `me` against a horde on loopback."""

from __future__ import annotations

import io
import json
from pathlib import Path

import PIL.Image
import pytest
from fake_horde import JOB, FakeHorde, Reply, a_check, a_generation
from typer.testing import CliRunner

from horde_sdk.ai_horde_api import base_simple_client
from horde_sdk.command_line import connection
from horde_sdk.command_line.client_commands import register
from horde_sdk.command_line.main import build_app

app = build_app(plugins=[])
register(app)
run = CliRunner()


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "POLL_INTERVAL_S", 0.0)


def test_image_is_saved_and_its_path_printed(horde: FakeHorde, tmp_path: Path) -> None:
    horde.will_answer(f"GET /v2/generate/check/{JOB}", Reply(200, a_check(queue_position=2)))

    result = run.invoke(app, ["image", "A red circle!", "--seed", "42", "--negative", "blue", "-o", str(tmp_path)])

    assert result.exit_code == 0, result.output
    (path,) = tmp_path.iterdir()
    assert path.name == "a-red-circle-1.webp"
    assert str(path) in result.stdout
    assert "queue position 2" in result.stderr
    assert "finished 1 of 1" in result.stderr
    assert horde.asked[0].body == {
        "models": [],
        "prompt": "A red circle! ### blue",
        "params": {"width": 512, "height": 512, "n": 1, "seed": "42"},
    }


def test_images_never_replace_one_another(horde: FakeHorde, tmp_path: Path) -> None:
    for _ in range(2):
        run.invoke(app, ["image", "p", "-o", str(tmp_path)])

    assert sorted(path.name for path in tmp_path.iterdir()) == ["p-1-2.webp", "p-1.webp"]


def test_image_as_json_names_files_seeds_and_workers(horde: FakeHorde, tmp_path: Path) -> None:
    horde.images = 2

    result = run.invoke(app, ["image", "p", "-n", "2", "--json", "-o", str(tmp_path)])

    told = json.loads(result.stdout)
    assert told["id"] == JOB
    assert [one["seed"] for one in told["images"]] == ["1", "2"]
    assert all(Path(one["path"]).is_file() for one in told["images"])


def test_dry_run_says_the_price(horde: FakeHorde) -> None:
    assert "12.5 kudos" in run.invoke(app, ["image", "p", "--dry-run"]).stdout
    assert json.loads(run.invoke(app, ["image", "p", "--dry-run", "--json"]).stdout) == {"kudos": 12.5}


def test_refusal_is_one_sentence_with_its_code(horde: FakeHorde) -> None:
    horde.will_answer("POST /v2/generate/async", Reply(403, {"message": "Not enough kudos.", "rc": "KudosUpfront"}))

    result = run.invoke(app, ["image", "p"])

    assert result.exit_code == 1
    assert result.stderr == "Not enough kudos. [KudosUpfront]\n"


def test_size_that_no_horde_takes_is_one_sentence(horde: FakeHorde) -> None:
    result = run.invoke(app, ["image", "p", "--size", "500x512"])

    assert result.exit_code == 1
    assert result.stderr.startswith("params.width: ")
    assert horde.lines == []


@pytest.mark.parametrize(
    "arguments", [["image", "p", "--size", "large"], ["image", "p", "--horde", "ftp://x"], ["image"]]
)
def test_wrong_command_line_is_exit_code_2(horde: FakeHorde, arguments: list[str]) -> None:
    assert run.invoke(app, arguments).exit_code == 2


def test_horde_that_is_not_there_is_one_sentence() -> None:
    result = run.invoke(app, ["image", "p", "--horde", "http://127.0.0.1:9"])

    assert result.exit_code == 1
    assert result.stderr == (
        "127.0.0.1:9 refused the connection: is a horde running there? `horde up` starts one; --horde names another.\n"
    )
    assert "Traceback" not in result.output


def test_ctrl_c_cancels_the_request_on_the_horde(
    horde: FakeHorde, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    horde.will_answer(f"GET /v2/generate/check/{JOB}", Reply(200, a_check()))

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("horde_sdk.command_line.progress_display.PlainProgress.show", interrupted)
    result = run.invoke(app, ["image", "p", "-o", str(tmp_path)])

    assert result.exit_code == 1
    assert horde.lines[-1] == f"DELETE /v2/generate/status/{JOB}"


def test_image_that_cannot_be_fetched_is_one_sentence(horde: FakeHorde, tmp_path: Path) -> None:
    lost = a_check(done=True, generations=[a_generation(1, f"{horde.url}lost")])
    horde.will_answer(f"GET /v2/generate/status/{JOB}", Reply(200, lost))

    result = run.invoke(app, ["image", "p", "-o", str(tmp_path)])

    assert result.exit_code == 1
    assert "could not be fetched" in result.stderr


def test_images_beside_one_that_cannot_be_fetched_are_saved(horde: FakeHorde, tmp_path: Path) -> None:
    root = horde.url.removesuffix("api/")
    generations = [a_generation(1, f"{horde.url}lost"), a_generation(2, f"{root}image/2")]
    horde.will_answer(f"GET /v2/generate/status/{JOB}", Reply(200, a_check(done=True, generations=generations)))

    result = run.invoke(app, ["image", "p", "-n", "2", "-o", str(tmp_path)])

    assert result.exit_code == 1
    assert "could not be fetched" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["p-2.webp"]


def test_picture_that_unpacks_to_too_many_pixels_is_one_sentence(
    horde: FakeHorde, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    png = io.BytesIO()
    PIL.Image.new("RGB", (64, 64)).save(png, "PNG")
    horde.will_answer("GET /image/1", Reply(200, png.getvalue()))
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 8)

    result = run.invoke(app, ["image", "p", "-o", str(tmp_path)])

    assert result.exit_code == 1
    assert "could not be fetched" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_results_of_a_request_that_took_too_long_are_json_too(
    horde: FakeHorde, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    horde.will_answer(f"GET /v2/generate/check/{JOB}", *[Reply(200, a_check())] * 9)
    monkeypatch.setattr(base_simple_client, "valid_timeout_s", lambda *_, **__: 0.0)

    result = run.invoke(app, ["image", "p", "--json", "-o", str(tmp_path)])

    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert "was cancelled" in result.stderr
    assert (told["id"], len(told["images"])) == (JOB, 1)


def test_folder_that_cannot_be_is_refused_before_anything_is_asked(horde: FakeHorde, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    result = run.invoke(app, ["image", "p", "-o", str(tmp_path / "file" / "folder")])

    assert result.exit_code == 1
    assert "no folder" in result.stderr
    assert horde.lines == []


def test_key_comes_from_option_then_environment_then_is_anonymous(
    horde: FakeHorde, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.invoke(app, ["me"])
    monkeypatch.setenv("HORDE_API_KEY", "h" * 22)
    run.invoke(app, ["me"])
    monkeypatch.setenv("AI_HORDE_API_KEY", "a" * 22)
    run.invoke(app, ["me"])
    run.invoke(app, ["me", "--apikey", "o" * 22])

    assert [one.headers["apikey"] for one in horde.asked] == ["0000000000", "h" * 22, "a" * 22, "o" * 22]


def test_listings_are_tables_or_json(horde: FakeHorde) -> None:
    assert "Deliberate" in run.invoke(app, ["models"]).stdout
    assert "tiny-tales" in run.invoke(app, ["models", "--text"]).stdout
    assert "online" in run.invoke(app, ["workers"]).stdout
    assert run.invoke(app, ["me"]).stdout == "ann#7: 42 kudos\n"
    assert json.loads(run.invoke(app, ["models", "--json"]).stdout)[0]["count"] == 2
    assert json.loads(run.invoke(app, ["workers", "--json"]).stdout)[0]["name"] == "w"
    assert json.loads(run.invoke(app, ["me", "--json"]).stdout)["id"] == 7


def test_names_in_a_table_are_never_cut(horde: FakeHorde) -> None:
    worker = {"type": "image", "name": "n" * 200, "id": JOB, "maintenance_mode": False, "bridge_agent": "a:1:b"}
    horde.will_answer("GET /v2/workers", Reply(200, [worker]))

    assert run.invoke(app, ["workers"]).stdout.count("n") >= 200


def test_words_of_a_stranger_steer_no_terminal_and_end_no_program(horde: FakeHorde) -> None:
    user = {"username": "a\x9b2J\x1b[2J\ud800#7", "id": 7, "kudos": 1.0}
    horde.will_answer("GET /v2/find_user", *[Reply(200, user)] * 2)

    plain, as_json = run.invoke(app, ["me"]), run.invoke(app, ["me", "--json"])

    assert plain.stdout == "a\\u009b2J\\u001b[2J\\ud800#7: 1 kudos\n"
    assert "\x9b" not in as_json.stdout
    assert json.loads(as_json.stdout)["username"] == user["username"]


def test_alchemists_are_listed_with_their_forms(horde: FakeHorde) -> None:
    alchemist = {"type": "interrogation", "name": "a", "id": JOB, "maintenance_mode": False, "bridge_agent": "a:1:b"}
    horde.will_answer("GET /v2/workers", Reply(200, [{**alchemist, "forms": ["caption", "nsfw"]}]))

    assert "caption, nsfw" in run.invoke(app, ["workers"]).stdout
