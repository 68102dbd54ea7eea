"""How soon a reader has the first token of a stream, and how fast the rest comes, compared with the backend alone.

    .venv/bin/python bench/first_token.py              # two nodes: the worker speaks to one, the reader to the other
    .venv/bin/python bench/first_token.py --nodes 1

All is real and a process of its own: the nodes, `horde work`, and the published `openai` package in a place of its own.
Only the backend is played: a program with OpenAI's API that writes at a pace, and notes when. Its own speed is measured
by the same reader, without a horde between them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, ClassVar, Final

from measured_horde import ROOT

sys.path += [str(ROOT / "tests"), str(ROOT / "worker" / "tests"), str(ROOT / "bench")]

from clients.client_places import python_place
from horde_processes import RunningHorde, clean_environment, running_horde, start, wait_until
from text_contracts.openai import Chat
from worker_streams import TOKENS_PER_S, Paced, played

from horde_server.database.embedded import running_dsn

READER: Final = Path(__file__).parent / "openai_reader.py"
CLIENT: Final = "openai==3.57.0"

Call = dict[str, Any]
"""What the reader tells of one: when it `began` and `ended`, and of its `chunks` when each came and how many words."""


class Chatting(Paced):
    """Takes chats too: the reader asks it as it asks the horde."""

    bodies: ClassVar = {**Paced.bodies, "/v1/chat/completions": Chat}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--nodes", type=int, choices=(1, 2), default=2)
    parser.add_argument("--calls", type=int, default=20, help="one after the other")
    parser.add_argument("--tokens", type=int, default=200, help="of each answer")
    given = parser.parse_args()
    calls, tokens = given.calls, given.tokens
    with ExitStack() as stack:
        backend, wrote = stack.enter_context(played(Chatting))
        alone = read(backend, "none", Chatting.model, calls, tokens)
        written_alone = first_tokens(wrote)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="horde-bench-")))
        at, workers = nodes(stack, folder, given.nodes)
        model = start_worker(stack, folder, workers, at, backend)
        key = at.create_user("ada", kudos=100_000, trusted=True)["api_key"]
        first_tokens(wrote)  # those of the worker's self-test
        through = read(at.url, key, model, calls, tokens)
        written_through = first_tokens(wrote)
    print(
        f"{calls} answers of {tokens} tokens, one after the other, {TOKENS_PER_S:g} a second, {given.nodes} node(s)\n"
    )
    print("| | first token after it was written: median, worst | tokens/s of a stream | tokens/s of a whole call |")
    print("|---|---|---|---|")
    row("the backend alone", alone, written_alone, tokens)
    row("through the horde", through, written_through, tokens)
    of_streams = streaming(through) / streaming(alone)
    of_calls = whole(through, tokens) / whole(alone, tokens)
    print(f"\nof the backend's own speed: {of_streams:.1%} while it streams, {of_calls:.1%} of whole calls")


def nodes(stack: ExitStack, folder: Path, count: int) -> tuple[RunningHorde, RunningHorde]:
    """The node at which clients listen, and the one to which workers speak; with one they are the same."""
    first = stack.enter_context(running_horde("serve", folder / "first", HORDE_RATE_LIMITS="0"))
    if count == 1:
        return first, first
    dsn = running_dsn(first.data)
    assert dsn is not None
    second = running_horde("serve", folder / "second", "--database-url", dsn, HORDE_RATE_LIMITS="0")
    return first, stack.enter_context(second)


def start_worker(stack: ExitStack, folder: Path, horde: RunningHorde, clients: RunningHorde, backend: str) -> str:
    """`horde work`, until the clients' node knows it; the name of its model."""
    owner = clients.create_user("owner", trusted=True)["api_key"]
    arguments = ["work", "--config", "none", "--horde", horde.url, "--apikey", owner, "--name", "bench"]
    arguments += ["--backend", f"openai={backend}", "--dashboard", "off", "--plain"]
    worker = start(arguments, folder / "worker")
    stack.callback(worker.stop)

    def served() -> list[str]:
        assert worker.process.poll() is None, worker.log()
        return [each["name"] for each in clients.api("status/models?type=text")[1] if each["count"]]

    return str(wait_until(served, 60, "the worker is known")[0])


def read(url: str, key: str, model: str, calls: int, tokens: int) -> list[Call]:
    """Have the reader ask, so many times."""
    python = python_place(CLIENT, sys.executable)
    command = [str(python), str(READER), f"{url}/v1", key, model, str(calls), str(tokens)]
    ran = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-3000:]
    told: list[Call] = json.loads(ran.stdout)
    for call in told:
        assert sum(words for _, words in call["chunks"]) == tokens, call
    return told


def first_tokens(wrote: Connection) -> list[float]:
    """When the backend wrote the first token of each text since the last look."""
    found = []
    while wrote.poll(0.2):
        _, place, at = wrote.recv()
        if place == 0:
            found.append(at)
    return found


def row(name: str, calls: list[Call], written: list[float], tokens: int) -> None:
    """Print a row of the table."""
    first_ms = [1000 * (call["chunks"][0][0] - at) for call, at in zip(calls, written, strict=True)]
    print(
        f"| {name} | {statistics.median(first_ms):.1f}, {max(first_ms):.1f} ms"
        f" | {streaming(calls):.2f} | {whole(calls, tokens):.2f} |"
    )


def streaming(calls: list[Call]) -> float:
    """Tokens a second from the first chunk to the last, the median of all calls."""
    rates = []
    for call in calls:
        chunks = call["chunks"]
        rates.append(sum(words for _, words in chunks[1:]) / (chunks[-1][0] - chunks[0][0]))
    return statistics.median(rates)


def whole(calls: list[Call], tokens: int) -> float:
    """Tokens a second from the question to the end, with all that was waited for; the median."""
    return statistics.median(tokens / (call["ended"] - call["began"]) for call in calls)


if __name__ == "__main__":
    main()
