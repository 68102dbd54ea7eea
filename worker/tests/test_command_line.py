"""`horde work` as a real process: its settings, its messages, its exit codes, and how it takes signals."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
import typer
from PIL import Image
from played_horde import Answer, PlayedHorde
from typer.testing import CliRunner

from horde_worker.backends.registry import BUILT_IN
from horde_worker.command_line import register

DEAF = """
import asyncio, runpy


def cannot_hear(*_):
    raise NotImplementedError


asyncio.SelectorEventLoop.add_signal_handler = cannot_hear
runpy.run_module("horde_worker", run_name="__main__")
"""
COMMANDS = {
    "module": [sys.executable, "-m", "horde_worker"],
    "horde": [str(Path(sys.executable).with_name("horde")), "work"],
    "deaf": [sys.executable, "-c", DEAF],
}
ALONE = {"HORDE_WORKER_CONFIG": "none", "HORDE_WORKER_BACKENDS": "demo", "HORDE_WORKER_PORTS": "none"}
"""Neither a file of whoever runs the tests, nor what runs on his machine."""
LIMIT_S = 60.0
SLACK_S = 2.0  # for a machine with other work: Python itself takes a while to end
LONG = {"ddim_steps": 1000}


@dataclass
class Process:
    """A worker in a session of its own."""

    inner: asyncio.subprocess.Process

    def signal(self, number: int) -> None:
        """As `kill` or Ctrl-C would."""
        self.inner.send_signal(number)

    async def ended(self) -> tuple[int, str]:
        """Wait for its end: exit code and what it printed. Nothing of it may be left."""
        async with asyncio.timeout(LIMIT_S):
            said, _ = await self.inner.communicate()
        with pytest.raises(ProcessLookupError):
            os.killpg(self.inner.pid, 0)
        assert self.inner.returncode is not None
        return self.inner.returncode, said.decode()


Start = Callable[..., Awaitable[Process]]


@pytest_asyncio.fixture
async def start() -> AsyncIterator[Start]:
    """Starts workers by their arguments; what still runs at the end is killed."""
    started: list[Process] = []

    async def start_one(*arguments: str, command: str = "module", **environment: str) -> Process:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HORDE_", "AI_HORDE_"))}
        inner = await asyncio.create_subprocess_exec(
            *COMMANDS[command],
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**kept, **ALONE, "NO_COLOR": "1", "COLUMNS": "200", **environment},
            start_new_session=True,
        )
        started.append(Process(inner))
        return started[-1]

    yield start_one
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.inner.pid, signal.SIGKILL)
        await process.inner.communicate()


@pytest.fixture
def start_at(start: Start, horde: PlayedHorde) -> Start:
    """Starts a worker that has a horde, a name and a key; with the demo model, whatever else runs on this machine."""

    async def start_one(*arguments: str, **options: str) -> Process:
        backend = () if "--backend" in arguments else ("--backend", "demo")
        own = ("--horde", horde.url, "--name", "a worker", "--apikey", "the-key", *backend)
        return await start(*own, *arguments, **options)

    return start_one


# ------------------------------------------------------------------------ signals


@pytest.mark.parametrize(("command", "number"), [("module", signal.SIGTERM), ("horde", signal.SIGINT)])
async def test_an_idle_worker_leaves_in_order_on_a_signal(
    horde: PlayedHorde, start_at: Start, command: str, number: int
) -> None:
    """SIGTERM and Ctrl-C: exit code 0, no traceback, no process left."""
    process = await start_at(command=command)
    await horde.until(lambda: horde.pops)
    process.signal(number)
    code, said = await process.ended()
    assert (code, "Traceback" in said) == (0, False)


async def test_a_signal_lets_the_running_job_finish(horde: PlayedHorde, start_at: Start) -> None:
    """The job and the one fetched ahead are delivered before the process ends."""
    horde.pop_script = [horde.job(one, model="ember-demo", payload={"ddim_steps": 20}) for one in ("j1", "j2", "j3")]
    process = await start_at()
    await horde.until(lambda: len(horde.pops) == 2)
    process.signal(signal.SIGTERM)
    code, _ = await process.ended()
    assert code == 0
    assert {one["state"] for one in horde.submits} == {"ok"}
    assert len(horde.submits) == len(horde.pops) < 3


async def test_a_second_signal_gives_back_what_is_not_begun(horde: PlayedHorde, start_at: Start) -> None:
    """What runs is finished and submitted (spec 1.1.12)."""
    horde.pop_script = [
        horde.job("j1", model="ember-demo", payload={"ddim_steps": 150}),
        horde.job("j2", model="ember-demo", payload=LONG),
    ]
    process = await start_at()
    await horde.until(lambda: len(horde.pops) == 2)
    process.signal(signal.SIGINT)
    process.signal(signal.SIGTERM)
    code, said = await process.ended()
    assert (code, "worker.leaving_soon" in said) == (0, True)
    assert horde.fault_of("j2") == "the worker is leaving"
    assert horde.submit_of("j1")["state"] == "ok"


async def test_a_third_signal_gives_the_running_job_back(horde: PlayedHorde, start_at: Start) -> None:
    """The operator wants the machine now: the jobs are faulted, and the exit code says that they were cut short."""
    horde.pop_script = [horde.job(one, model="ember-demo", payload=LONG) for one in ("j1", "j2")]
    process = await start_at()
    await horde.until(lambda: len(horde.pops) == 2)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGINT):
        process.signal(number)
        await asyncio.sleep(0.2)  # the system may tell of two at once by one
    code, _ = await process.ended()
    assert code == 1
    assert {horde.fault_of(one) for one in ("j1", "j2")} == {"the worker is leaving"}


async def test_a_signal_ends_the_wait_for_an_unreachable_horde(horde: PlayedHorde, start_at: Start) -> None:
    """Back-off does not hold the operator up."""
    await horde.close()
    process = await start_at("--json-log")
    assert process.inner.stdout is not None
    async with asyncio.timeout(LIMIT_S):
        while b"worker.horde_unreachable" not in await process.inner.stdout.readline():
            pass
    process.signal(signal.SIGINT)
    code, said = await process.ended()
    assert (code, "Traceback" in said) == (0, False)


async def test_a_signal_does_not_wait_for_an_answer_to_a_pop(
    horde: PlayedHorde, start_at: Start, answer: type[Answer]
) -> None:
    """A horde may hold a pop until there is work, for as long as it likes: the worker ends within a second."""
    silence = asyncio.Event()
    horde.pop_script = [answer(gate=silence)]
    process = await start_at("--json-log")
    await horde.until(lambda: horde.pops)
    began = time.monotonic()
    process.signal(signal.SIGINT)
    code, said = await process.ended()
    took_s = time.monotonic() - began
    silence.set()
    assert (code, "Traceback" in said) == (0, False)
    assert took_s < 1.0 + SLACK_S


async def test_a_worker_stops_as_well_where_loops_hear_no_signals(horde: PlayedHorde, start_at: Start) -> None:
    """As on Windows: the first signal finishes the jobs, the third gives them back."""
    horde.pop_script = [horde.job(one, model="ember-demo", payload=LONG) for one in ("j1", "j2")]
    process = await start_at(command="deaf")
    await horde.until(lambda: len(horde.pops) == 2)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGINT):
        process.signal(number)
        await asyncio.sleep(0.2)
    code, said = await process.ended()
    assert (code, "Traceback" in said, "worker.leaving_at_once" in said) == (1, False, True)
    assert {horde.fault_of(one) for one in ("j1", "j2")} == {"the worker is leaving"}


# ------------------------------------------------------------------------ exit codes


async def test_a_wrong_key_ends_with_what_to_do(horde: PlayedHorde, start_at: Start, answer: type[Answer]) -> None:
    """Exit code 2, and no traceback; a worker cannot be anonymous, whatever the horde says."""
    message = "No user matches this key: use 0000000000 to stay anonymous."
    horde.pop_script = [answer(401, {"message": message, "rc": "InvalidAPIKey"})]
    process = await start_at()
    code, said = await process.ended()
    assert (code, "Traceback" in said, "anonymous" in said) == (2, False, False)
    assert "No account of this horde has this API key." in said
    assert "give the key of an account of this horde by --apikey" in said


async def test_a_name_that_is_taken_ends_with_what_to_do(
    horde: PlayedHorde, start_at: Start, answer: type[Answer]
) -> None:
    """The horde's sentence, and ours."""
    horde.pop_script = [answer(403, {"message": "This name belongs to another account.", "rc": "WrongCredentials"})]
    code, said = await (await start_at()).ended()
    assert code == 2
    assert "This name belongs to another account." in said
    assert "choose another --name" in said


async def test_what_a_horde_says_steers_no_terminal(horde: PlayedHorde, start_at: Start, answer: type[Answer]) -> None:
    """Neither by escapes, nor by a line of its own, nor by text that runs backwards."""
    evil = "no\r\n\x1b[2J\x9b2J\u202e\u200b\u2028worker.delivered kudos=1000"
    horde.pop_script = [answer(400, {"message": evil, "rc": evil, "errors": {evil: evil}})]
    code, said = await (await start_at()).ended()
    assert (code, "worker.refused" in said) == (2, True)
    assert not set("\r\x1b\x9b\u202e\u200b\u2028") & set(said)
    assert not any(line.lstrip().startswith("worker.delivered") for line in said.splitlines())


@pytest.mark.parametrize("network", ["home", "192.168.1.7/24"])
async def test_a_network_that_is_none_is_refused(start_at: Start, network: str) -> None:
    """Before anything is asked."""
    code, said = await (await start_at("--private-network", network)).ended()
    assert (code, "Traceback" in said) == (2, False)
    assert "give a network such as 192.168.1.0/24" in said
    code, said = await (await start_at(HORDE_PRIVATE_NETWORKS=network)).ended()
    assert (code, "HORDE_PRIVATE_NETWORKS must be networks" in said) == (2, True)


async def test_a_signal_says_what_the_worker_still_does(horde: PlayedHorde, start_at: Start) -> None:
    """And how to leave at once."""
    horde.pop_script = [horde.job(one, model="ember-demo", payload=LONG) for one in ("j1", "j2")]
    process = await start_at()
    await horde.until(lambda: len(horde.pops) == 2)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGINT):
        process.signal(number)
        await asyncio.sleep(0.2)
    code, said = await process.ended()
    assert code == 1
    assert "press Ctrl-C again to leave sooner" in said
    assert "once more to leave at once" in said
    assert "worker.leaving_at_once" in said


async def test_maintenance_ends_with_its_own_code_where_wanted(
    horde: PlayedHorde, start_at: Start, answer: type[Answer]
) -> None:
    """Exit code 4 under `--exit-on-maintenance`."""
    horde.pop_script = [answer(403, {"message": "Paused by its owner.", "rc": "WorkerMaintenance"})]
    process = await start_at("--exit-on-maintenance")
    code, said = await process.ended()
    assert code == 4
    assert "Paused by its owner." in said


async def test_an_unknown_backend_ends_with_the_known_ones(start_at: Start) -> None:
    """Exit code 2, and no traceback."""
    process = await start_at("--backend", "crayons")
    code, said = await process.ended()
    assert (code, "Traceback" in said) == (2, False)
    assert f"There is no backend 'crayons'; there are: {', '.join(sorted(BUILT_IN))}." in said


async def test_two_backends_of_one_kind_are_one_worker(horde: PlayedHorde, start_at: Start) -> None:
    """They share its name, and the jobs."""
    horde.pop_script = [horde.job(one, model="ember-demo") for one in ("j1", "j2")]
    process = await start_at("--backend", "demo", "--backend", "demo")
    await horde.until(lambda: len(horde.submits) == 2)
    process.signal(signal.SIGTERM)
    code, said = await process.ended()
    assert (code, "Traceback" in said) == (0, False)
    assert {(one["name"], one["threads"]) for one in horde.pops} == {("a worker", 2)}
    assert {one["state"] for one in horde.submits} == {"ok"}


async def test_a_text_worker_that_is_refused_ends_the_picture_worker_too(
    horde: PlayedHorde, start_at: Start, answer: type[Answer]
) -> None:
    """Two workers in one process: the operator learns of it by the exit code."""
    horde.text_pop_script = [answer(401, {"message": "No user matches this key.", "rc": "InvalidAPIKey"})]
    process = await start_at("--backend", "demo", "--backend", "demo-text")
    code, said = await process.ended()
    assert (code, "Traceback" in said) == (2, False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--name", "a"], "give its key by --apikey or HORDE_API_KEY"),
        (["--apikey", "k"], "give one by --name"),
        (["--apikey", "k", "--name", "a", "--horde", "localhost:7001"], "begins with http:// or https://"),
        (["--apikey", "k", "--name", "a", "--batch", "21"], "--batch"),
        (["--apikey", "k", "--name", "a", "--max-pixels", "100"], "--max-pixels"),
    ],
    ids=["key", "name", "address", "batch", "pixels"],
)
def test_settings_that_cannot_work_end_with_a_hint(arguments: list[str], message: str) -> None:
    """Exit code 2, and what to do about it, before anything starts."""
    app = typer.Typer()
    register(app)
    no_settings = dict.fromkeys(("HORDE_URL", "AI_HORDE_URL", "HORDE_API_KEY", "AI_HORDE_API_KEY"))
    ended = CliRunner(env={**no_settings, **ALONE}).invoke(app, arguments, env={"COLUMNS": "200", "TERM": "dumb"})
    assert ended.exit_code == 2
    assert message in ended.output


# ------------------------------------------------------------------------ settings


async def test_options_and_environment_reach_the_horde(horde: PlayedHorde, start: Start) -> None:
    """What the operator allows is offered, one job is enough where he says so, the key is in no process list."""
    horde.pop_script = [horde.job("j1", model="Deliberate"), horde.job("j2", model="Deliberate")]
    options = ["--alias", "Deliberate", "--alias", "other", "--max-pixels", "65536", "--batch", "2", "--no-nsfw"]
    process = await start(
        *("--once", "--name", "a worker", *options, "--bridge-agent", "mine:1:here"),
        HORDE_URL=horde.url,
        AI_HORDE_API_KEY="from outside",
    )
    code, _ = await process.ended()
    assert (code, [one["id"] for one in horde.submits]) == (0, ["j1"])
    [body] = horde.pops
    assert body["models"] == ["Deliberate", "other", "ember-demo"]
    assert (body["name"], body["max_pixels"], body["amount"]) == ("a worker", 65536, 2)
    assert (body["nsfw"], body["bridge_agent"]) == (False, "mine:1:here")
    assert horde.headers[0]["apikey"] == "from outside"


async def test_one_process_serves_pictures_texts_and_alchemy(
    horde: PlayedHorde, start: Start, answer: type[Answer]
) -> None:
    """Each under a name of its own; an alias is for the first backend."""
    kept = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(kept, "WEBP")
    horde.shelf["source"] = answer(body=kept.getvalue())
    horde.alchemy_pop_script = [
        horde.alchemy_forms({"id": "f1", "form": "palette", "source_image": f"{horde.url}/shelf/source"})
    ]
    horde.pop_script = [horde.job("j1", model="Deliberate")]
    horde.text_pop_script = [horde.text_job("t1", model="ember-demo-text")]
    process = await start(
        *("--once", "--horde", horde.url, "--name", "both", "--apikey", "k", "--alias", "Deliberate"),
        *("--backend", "demo", "--backend", "demo-text", "--max-length", "100", "--max-context-length", "2048"),
        *("--backend", "demo-alchemy", "--form", "palette", "--max-tiles", "2"),
    )
    code, _ = await process.ended()
    assert (code, horde.submit_of("j1")["state"], horde.text_submits[0]["state"]) == (0, "ok", "ok")
    assert (horde.pops[0]["name"], horde.pops[0]["models"]) == ("both", ["Deliberate", "ember-demo"])
    assert (horde.text_pops[0]["name"], horde.text_pops[0]["models"]) == ("both-text", ["ember-demo-text"])
    assert (horde.text_pops[0]["max_length"], horde.text_pops[0]["max_context_length"]) == (100, 2048)
    assert (horde.alchemy_submits[0]["id"], horde.alchemy_submits[0]["state"]) == ("f1", "ok")
    assert (horde.alchemy_pops[0]["name"], horde.alchemy_pops[0]["forms"]) == ("both-alchemy", ["palette"])
    assert horde.alchemy_pops[0]["max_tiles"] == 2


async def test_the_log_can_be_read_by_machines_and_has_no_secrets(horde: PlayedHorde, start_at: Start) -> None:
    """One JSON object a line after the greeting, with neither key nor prompt."""
    horde.pop_script = [horde.job("j1", model="ember-demo", payload={"prompt": "a secret red circle"})]
    process = await start_at("--once", "--json-log")
    _, said = await process.ended()
    events = [json.loads(line)["event"] for line in said.splitlines()[1:]]
    assert events == ["worker.delivered", "worker.left"]
    assert "secret" not in said
    assert "the-key" not in said
