"""A default server under a flood, while a second client measures it and its memory is watched."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from horde_processes import RunningHorde, clean_environment, descendants

ROOT = Path(__file__).resolve().parents[2]
DESCRIPTORS = 1024
"""As many as a login shell gives: `ulimit -n 1024`, hard, so that the server cannot help itself to more."""
BYSTANDER = "127.0.0.77"
"""The second client has an address of its own: whatever the attacker's is refused for is not held against it."""
_PAUSE_S = 0.02
_HEARTBEAT_LIMIT_S = 30.0
_ATTACK_LIMIT_S = 170.0


@dataclass
class Outcome:
    """What a flood did to the server."""

    flood: str
    latencies_s: list[float] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    answers: list[tuple[int, str, int]] = field(default_factory=list)
    """What the attacker was told: status, message, how often."""
    growth_bytes: int = 0

    def latency_ms(self, share: float) -> float:
        """The latency that this share of the heartbeats did not exceed."""
        ordered = sorted(self.latencies_s)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] * 1000 if ordered else float("inf")

    def unfriendly(self) -> list[tuple[int, str, int]]:
        """Answers that are neither a refusal in words nor a success nor a closed door."""
        return [each for each in self.answers if each[0] == -1 or (each[0] >= 400 and not each[1]) or each[0] == 500]

    def refusals(self) -> int:
        """How many attempts were refused in words."""
        return sum(count for status, message, count in self.answers if status >= 400 and message)


def few_descriptors() -> None:
    """In the server, before it starts."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))


def besiege(horde: RunningHorde, floods: list[str], key: str, share: float) -> list[Outcome]:
    """Run the floods at once, each from a process of its own; heartbeats and memory are those of the whole time."""
    outcomes = [Outcome(name) for name in floods]
    watcher = _Watcher(horde)
    watcher.start()
    attackers = [_attacker(horde, name, key, share) for name in floods]
    try:
        for outcome, attacker in zip(outcomes, attackers, strict=True):
            said, wrong = attacker.communicate(timeout=_ATTACK_LIMIT_S)
            assert attacker.returncode == 0, f"{outcome.flood}: {wrong[-2000:]}"
            outcome.answers = [tuple(each) for each in json.loads(said)]
    finally:
        for attacker in attackers:
            attacker.kill()
            attacker.wait()
        watcher.finish()
    for outcome in outcomes:
        outcome.latencies_s, outcome.unanswered = watcher.latencies_s, watcher.unanswered
        outcome.growth_bytes = watcher.most_bytes - watcher.first_bytes
    return outcomes


def _attacker(horde: RunningHorde, name: str, key: str, share: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "attack.attacker", horde.url, key, name, str(share)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(PYTHONPATH=str(ROOT / "tests")),
    )


class _Watcher(threading.Thread):
    """Asks for the heartbeat on a new connection again and again, and looks at the server's memory."""

    def __init__(self, horde: RunningHorde) -> None:
        super().__init__(daemon=True)
        self._horde = horde
        self._ended = threading.Event()
        parts = urlsplit(horde.url)
        self._address = (parts.hostname or "", parts.port or 80)
        self.latencies_s: list[float] = []
        self.unanswered: list[str] = []
        self.first_bytes = self.most_bytes = memory_bytes(horde.pid)

    def run(self) -> None:
        while not self._ended.wait(_PAUSE_S):
            began = time.perf_counter()
            try:
                self._ask()
            except OSError as error:
                self.unanswered.append(f"{type(error).__name__}: {error}")
            self.latencies_s.append(time.perf_counter() - began)
            self.most_bytes = max(self.most_bytes, memory_bytes(self._horde.pid))

    def finish(self) -> None:
        self._ended.set()
        self.join()

    def _ask(self) -> None:
        with socket.create_connection(
            self._address, timeout=_HEARTBEAT_LIMIT_S, source_address=(BYSTANDER, 0)
        ) as connection:
            connection.sendall(b"GET /api/v2/status/heartbeat HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = b""
            while piece := connection.recv(4096):
                answer += piece
        if not answer.startswith(b"HTTP/1.1 200"):
            raise OSError(f"no heartbeat: {answer[:100]!r}")


def memory_bytes(pid: int) -> int:
    """Resident memory of the server's own processes; the database's is PostgreSQL's to bound."""
    page = os.sysconf("SC_PAGE_SIZE")
    total = 0
    for each in (pid, *descendants(pid)):
        try:
            if Path(f"/proc/{each}/comm").read_text().strip() != "postgres":
                total += int(Path(f"/proc/{each}/statm").read_text().split()[1]) * page
        except OSError:
            continue  # it ended meanwhile
    return total
