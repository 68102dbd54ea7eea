"""Texts by the tool `generate_text` (gateway-mcp.md §2.1)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hordes import Horde

R1 = "koboldcpp/DeepSeek-R1-Distill-Qwen-14B"
CHAT: dict[str, Any] = {"messages": [{"role": "user", "content": "Why is the sky blue?"}], "model": R1}
PLAIN: dict[str, Any] = {"prompt": "Write: <think>", "model": R1}


async def told(horde: Horde, arguments: dict[str, Any], **written: Any) -> dict[str, Any]:
    """What the tool answers when a worker has written something."""
    key = (await horde.account("scribe", trusted=True)).api_key
    await horde.texts.pop(key, models=[R1])
    message = {
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "generate_text", "arguments": {"max_length": 16, **arguments}},
    }  # fmt: skip
    headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}
    asking = asyncio.create_task(horde.client.post("/mcp", json=message, headers=headers))

    async def job() -> Any:
        found = await horde.texts.pop(key, models=[R1])
        return found if found["id"] else None

    await horde.texts.submit(key, (await horde.until(job, "there is a job"))["id"], **written)
    answer = await asking
    data = next(line for line in answer.text.splitlines() if line.startswith("data: {")).removeprefix("data: ")
    return dict(json.loads(data)["result"]["structuredContent"])


@pytest.mark.parametrize(
    ("arguments", "written", "text"),
    [
        (CHAT, "Hm, light.</think>\n\nIt scatters.", "It scatters."),
        (CHAT, "<think>Hm.</think>It scatters.", "It scatters."),
        (PLAIN, "<think>Hm.</think> and so on", "<think>Hm.</think> and so on"),
    ],
)
async def test_an_answer_is_shown_without_its_thought_and_a_plain_text_as_it_is(
    horde: Horde, arguments: dict[str, Any], written: str, text: str
) -> None:
    assert (await told(horde, arguments, generation=written))["text"] == text


async def test_why_it_ended_is_what_the_worker_says(horde: Horde) -> None:
    made = await told(horde, PLAIN, generation="Well.", finish_reason="length")
    assert (made["text"], made["finish_reason"]) == ("Well.", "length")
