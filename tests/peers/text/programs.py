"""Real servers of texts as processes: started on free ports with the model of `tiny_llama`, ended by pid."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from horde_processes import free_port, wait_until

READY_LIMIT_S = 300.0
STOP_LIMIT_S = 20.0
WRITER = Path(__file__).parent / "tiny_llama.py"


def python_of(variable: str) -> Path:
    """The interpreter where a program is installed, by an environment variable that its `make` target sets."""
    where = os.environ.get(variable)
    if not where:
        pytest.skip(f"{variable} does not say where it is installed: run its make target")
    return Path(where).absolute()


def write_model(python: Path, *arguments: str) -> None:
    """Write the model with the libraries of `python`, as a file or as a folder."""
    subprocess.run([python, WRITER, *arguments], check=True, timeout=120)


@contextmanager
def serving(command: Sequence[object], log: Path, ready: str, **environment: str) -> Iterator[str]:
    """The address of a program for the time of a `with` block; PORT in the command is a free one.

    It is there when `ready` is answered.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as told:
        process = subprocess.Popen(
            [str(part).replace("PORT", str(port)) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=subprocess.STDOUT,
            env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", **environment},
            start_new_session=True,
        )

    def answers() -> bool:
        assert process.poll() is None, log.read_text(errors="replace")[-3000:]
        try:
            with urllib.request.urlopen(url + ready, timeout=5) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    try:
        wait_until(answers, READY_LIMIT_S, f"{command[0]} answers {ready}")
        yield url
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """The program and all that it has started: it has a session of its own."""
    for how in (signal.SIGINT, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, how)
            try:
                process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                continue
    assert process.poll() is not None, f"{process.pid} does not end; {sys.platform}"
