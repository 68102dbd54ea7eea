"""`horde work` for the first time, as a real process: in a terminal, and where there is nobody to ask."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from owners_horde import KEY, OwnersHorde

from horde_worker.configuration.load import load

LIMIT_S = 90.0
WORK = [sys.executable, "-m", "horde_worker"]


def in_a_terminal(answers: list[tuple[str, str]], until: str, environ: dict[str, str]) -> str:
    """What is shown, with each answer typed once its question stands there; the process is killed at the end."""
    import pty

    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(WORK[0], [*WORK, "--plain"], environ)
    shown, waiting, end = b"", list(answers), time.monotonic() + LIMIT_S
    try:
        while until.encode() not in shown and time.monotonic() < end:
            if select.select([terminal], [], [], 0.1)[0]:
                try:
                    shown += os.read(terminal, 65536)
                except OSError:  # the other side is closed
                    break
            elif waiting and waiting[0][0].encode() in shown:
                os.write(terminal, waiting.pop(0)[1].encode())
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)
    return shown.decode()


@pytest.mark.skipif(os.name != "posix", reason="terminals of POSIX")
async def test_an_owner_is_asked_once(owners_horde: OwnersHorde, tmp_path: Path) -> None:
    """The key is not shown, what is written is for him alone, and the worker starts."""
    environ = {**os.environ, "HORDE_URL": owners_horde.url, "TERM": "dumb", "NO_COLOR": "1"}
    answers = [("offer the built-in", "y\n"), ("Your key", f"{KEY}\n"), ("A name", "tess-box\n")]
    shown = await asyncio.to_thread(in_a_terminal, answers, "Ctrl-C to leave", environ)
    assert "Worker tess-box serves" in shown, shown
    assert KEY not in shown
    path = tmp_path / "config" / "openhorde" / "worker.yaml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = load(path, {}, {}).configuration
    assert (found.api_key, found.name) == (KEY, "tess-box")
    assert [one.type for one in found.backends] == ["demo", "demo-text", "demo-alchemy"]


def test_where_nobody_can_be_asked_the_command_is_told() -> None:
    """Exit code 2, no traceback, and what the machine could do."""
    ended = subprocess.run(WORK, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False)
    assert "This machine has" in ended.stderr
    assert "horde work --horde URL --apikey KEY --name NAME --backend demo" in ended.stderr


def test_a_wrong_file_is_told_with_its_line(tmp_path: Path) -> None:
    """Exit code 2."""
    path = tmp_path / "w.yaml"
    path.write_text("name: a\nbatch: lots\n")
    ended = subprocess.run([*WORK, "--config", str(path)], capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert (ended.returncode, "line 2: batch" in ended.stderr) == (2, True), ended.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--dashboard", "0.0.0.0:80"], "the page listens on this machine only"),
        (["--config", "/nowhere/w.yaml"], "there is no file /nowhere/w.yaml"),
    ],
)
def test_settings_that_cannot_hold_are_told(arguments: list[str], said: str) -> None:
    """Exit code 2."""
    ended = subprocess.run(
        [*WORK, "--name", "a", "--apikey", "k", *arguments],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert (ended.returncode, said in ended.stderr) == (2, True), ended.stderr
