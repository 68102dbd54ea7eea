"""A text worker that calls the first function it is offered, and tells the result it is handed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from horde_processes import RunningHorde, wait_until

MODEL = "koboldcpp/Caller-1B"


@contextmanager
def tool_worker(horde: RunningHorde) -> Iterator[str]:
    """Its model's name; it works while the block runs."""
    owner = horde.create_user("toolsmith", trusted=True)
    stopping, has_come = threading.Event(), threading.Event()

    def work() -> None:
        offer = {
            "name": "tool worker", "models": [MODEL], "bridge_agent": "toolsmith:1:here", "max_length": 512,
            "max_context_length": 4096, "tools": True,
        }  # fmt: skip
        while not stopping.is_set():
            _, job = horde.api("generate/text/pop", offer, key=owner["api_key"])
            has_come.set()
            if job.get("id"):
                horde.api("generate/text/submit", {"id": job["id"], **_answer(job["payload"])}, key=owner["api_key"])
            else:
                stopping.wait(0.1)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        wait_until(has_come.is_set, 20, "the tool worker has come")
        yield MODEL
    finally:
        stopping.set()
        thread.join(20)


def _answer(payload: dict[str, Any]) -> dict[str, Any]:
    last = payload["messages"][-1]
    if last["role"] == "tool":
        return {"generation": f"It is {last['content']}.", "finish_reason": "stop"}
    function = {"name": payload["tools"][0]["function"]["name"], "arguments": '{"place": "harbour"}'}
    calls = [{"id": "call_1", "type": "function", "function": function}]
    return {"generation": "", "finish_reason": "tool_calls", "message": {"content": None, "tool_calls": calls}}
