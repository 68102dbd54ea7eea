"""`horde worker …` on a horde: looking, holding back, going on; and beside the SDK's command of the same name."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from owners_horde import KEY, OwnersHorde
from typer.testing import CliRunner, Result

from horde_sdk.command_line.main import build_app


class Owner:
    """Somebody at a terminal, with a settings file."""

    def __init__(self, folder: Path, horde: str) -> None:
        self.path = folder / "worker.yaml"
        self.path.write_text(f"horde: {horde}\napi_key: {KEY}\nname: tess-box\nbackends: [demo]\n")
        self.path.chmod(0o600)

    async def types(self, *words: str) -> Result:
        """Run a command of `horde worker` with this file."""
        arguments = ["worker", *words, "--config", str(self.path)]
        return await asyncio.to_thread(CliRunner().invoke, build_app(), arguments, env={"COLUMNS": "200"})


@pytest.fixture
def owner(tmp_path: Path, owners_horde: OwnersHorde) -> Owner:
    """An owner on this horde."""
    return Owner(tmp_path, owners_horde.url)


async def test_doctor_finds_a_worker_well(owner: Owner, owners_horde: OwnersHorde) -> None:
    """Each thing in a line; the backend is really opened."""
    ended = await owner.types("doctor")
    assert ended.exit_code == 0, ended.output
    for line in (
        "key: tess#7, 1,234 kudos",
        "name: tess-box is free",
        "backend demo: pictures up to",
        "disk:",
        "spool:",
    ):
        assert line in ended.output
    assert "the horde knows all of its models" in ended.output
    assert KEY not in ended.output


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("name: tess-box", "name: taken"), "BAD   name: taken belongs to somebody else"),
        (("name: tess-box", "names: {text: mine}"), "BAD   name: mine is a worker of kind image: text needs another"),
        ((KEY, "nobody"), "BAD   key: no account of this horde has this key"),
        ((KEY, "0000000000"), "BAD   key: it is the anonymous one"),
        (("[demo]", "[crayons]"), "BAD   backend crayons: There is no backend 'crayons'"),
    ],
)
async def test_doctor_says_what_stands_in_the_way(
    owner: Owner, owners_horde: OwnersHorde, change: tuple[str, str], said: str
) -> None:
    """Exit code 1."""
    owners_horde.add_worker("taken", owner="somebody#9")
    owners_horde.add_worker("mine")
    owner.path.write_text(owner.path.read_text().replace(*change))
    ended = await owner.types("doctor")
    assert (ended.exit_code, said in ended.output) == (1, True), ended.output


async def test_doctor_wonders_about_models_that_the_horde_does_not_know(
    owner: Owner, owners_horde: OwnersHorde
) -> None:
    """And keys that nobody knows; but that is no reason not to work."""
    owners_horde.known_models = {}
    owner.path.write_text(owner.path.read_text() + "nmae: x\n")
    ended = await owner.types("doctor")
    assert ended.exit_code == 0
    assert "look  backend demo: the horde does not know ember-demo" in ended.output
    assert "did you mean 'name'?" in ended.output


async def test_drain_and_resume_change_every_worker_of_the_file(owner: Owner, owners_horde: OwnersHorde) -> None:
    """The second kind of work too, where the horde has seen it."""
    owners_horde.add_worker("tess-box")
    owners_horde.add_worker("tess-box-text", kind="text")
    drained = await owner.types("drain", "--reason", "new card")
    resumed = await owner.types("resume", "tess-box")
    assert (drained.exit_code, resumed.exit_code) == (0, 0), drained.output
    [first, second, third] = owners_horde.changes
    assert {first[0], second[0]} == {"id-of-tess-box", "id-of-tess-box-text"}
    assert first[1]["maintenance"] is True and first[1]["maintenance_msg"].startswith("new card")
    assert third == ("id-of-tess-box", {"maintenance": False})


async def test_a_worker_that_the_horde_does_not_know_cannot_be_drained(owner: Owner) -> None:
    """Exit code 1."""
    ended = await owner.types("drain")
    assert (ended.exit_code, "the horde knows no worker of this name" in ended.output) == (1, True)


async def test_status_says_what_is_known(owner: Owner, owners_horde: OwnersHorde) -> None:
    """Here nothing runs; there it is online."""
    owners_horde.add_worker("tess-box", maintenance_mode=True)
    ended = await owner.types("status")
    assert (ended.exit_code, "tess-box: image worker, in maintenance; 12 done, 345 kudos" in ended.output) == (0, True)
    as_json = await owner.types("status", "--json")
    assert '"is_in_maintenance": true' in as_json.output


async def test_an_old_settings_file_is_imported(owner: Owner, tmp_path: Path) -> None:
    """Over an existing one only where that is wanted."""
    old = tmp_path / "bridgeData.yaml"
    old.write_text("dreamer_name: mine\nmax_power: 32\ncache_home: x\nallow_lora: true\nmodels_to_load: [top 2]\n")
    refused = await owner.types("import", str(old))
    assert (refused.exit_code, "is there already" in refused.output) == (2, True)
    done = await owner.types("import", str(old), "--force")
    assert done.exit_code == 0, done.output
    assert "line 3: not used" in done.output
    assert "max_pixels: 1048576" in owner.path.read_text()
    assert (await owner.types("import", str(owner.path), "--force")).exit_code == 2


async def test_a_name_shows_a_worker_as_before(owners_horde: OwnersHorde) -> None:
    """The command of the SDK, with its options on either side; also one named like a command."""
    owners_horde.add_worker("tess-box")
    owners_horde.add_worker("status")
    for words in (["tess-box", "--json"], ["--json", "tess-box"], ["show", "tess-box", "--json"], ["show", "status"]):
        arguments = ["worker", *words, "--horde", owners_horde.url]
        ended = await asyncio.to_thread(CliRunner().invoke, build_app(), arguments)
        assert (ended.exit_code, "id-of-" in ended.output or "status" in ended.output) == (0, True), ended.output


def test_help_loads_nothing_heavy() -> None:
    """The program says quickly what it can do."""
    code = (
        "import sys; from horde_sdk.command_line.main import build_app; import typer.main; "
        "typer.main.get_command(build_app()); "
        "print([m for m in ('yaml','pydantic','aiohttp','PIL','numpy','textual') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_the_commands_are_there_without_the_sdks() -> None:
    """Whatever else is installed."""
    from horde_worker.commands.group import register

    app = typer.Typer()
    register(app)
    ended = CliRunner().invoke(app, ["worker", "--help"])
    assert ended.exit_code == 0
    for name in ("benchmark", "doctor", "drain", "resume", "status", "once", "simulate", "import"):
        assert name in ended.output
