"""The schema of the worker's contract server is that of a real ComfyUI: `make test-comfyui COMFYUI_URL=…`."""

from __future__ import annotations

import os
from typing import Any

import aiohttp
import pytest
from played_comfyui.schema import STOCK_NODES, Choice, FileOf, Schema

from horde_worker.backends.comfyui.nodes import choices, takes_what_we_send

COMFYUI_URL = os.environ.get("COMFYUI_URL", "")
BOUNDS = ("min", "max")

pytestmark = pytest.mark.skipif(not COMFYUI_URL, reason="COMFYUI_URL names no ComfyUI")


@pytest.mark.parametrize("name", STOCK_NODES)
async def test_a_node_is_as_a_real_one_describes_it(name: str) -> None:
    """Its outputs, its inputs with their types and bounds, and every choice of ours is one there."""
    async with aiohttp.ClientSession() as session, session.get(f"{COMFYUI_URL}/object_info/{name}") as answer:
        real = (await answer.json())[name]
    ours = Schema(STOCK_NODES, {}).described(name)[name]
    assert takes_what_we_send(name, real)
    assert real["output"] == ours["output"]
    assert real["output_node"] == ours["output_node"]
    for group in ("required", "optional"):
        there, here = real["input"].get(group, {}), ours["input"].get(group, {})
        assert set(there) == set(here)
        for key, given in here.items():
            kind = {**STOCK_NODES[name].inputs, **STOCK_NODES[name].optional}[key]
            if isinstance(kind, Choice):
                assert set(kind.of) <= set(choices(real, key))
            elif not isinstance(kind, FileOf):
                assert there[key][0] == given[0]
                assert bounds(there[key]) == bounds(given)


def bounds(described: list[Any]) -> list[Any]:
    """The least and the most of a number; nothing for other inputs."""
    return [described[1].get(name) for name in BOUNDS] if len(described) > 1 else [None, None]
