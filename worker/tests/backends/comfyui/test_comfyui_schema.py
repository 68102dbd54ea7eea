"""The contract server's schema is that of a real ComfyUI: held against it by `make test-comfyui`."""

from __future__ import annotations

import os
from typing import Any

import aiohttp
import pytest
from comfyui_contract import ContractServer
from comfyui_schema import EXTENSION_NODES, STOCK_NODES, Choice, FileOf, Schema

from horde_worker.backends.comfyui.nodes import INPUTS, choices, takes_what_we_send

COMFYUI_URL = os.environ.get("COMFYUI_URL", "")
BOUNDS = ("min", "max")


def test_the_schema_knows_every_node_that_graphs_are_made_of() -> None:
    """And no other."""
    assert set(STOCK_NODES) | set(EXTENSION_NODES) == set(INPUTS)


@pytest.mark.skipif(not COMFYUI_URL, reason="COMFYUI_URL names no ComfyUI")
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


async def test_the_contract_server_refuses_what_is_outside(contract: ContractServer) -> None:
    """So that the tests that use it prove something."""
    schema = contract.schema
    good: dict[str, Any] = {
        "latent": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
        "loader": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": contract.files["checkpoints"][0]}},
        "decoded": {"class_type": "VAEDecode", "inputs": {"samples": ["latent", 0], "vae": ["loader", 2]}},
        "output": {"class_type": "PreviewImage", "inputs": {"images": ["decoded", 0]}},
    }
    assert schema.errors(good) == {}

    def changed(node: str, **inputs: Any) -> str:
        graph = {**good, node: {**good[node], "inputs": {**good[node]["inputs"], **inputs}}}
        return schema.errors(graph)[node][0]["type"]

    assert changed("latent", width=8) == "value_not_in_range"
    assert changed("latent", width="64") == "value_not_in_range"
    assert changed("latent", colour="red") == "unknown_input"
    assert changed("loader", ckpt_name="other") == "value_not_in_list"
    assert changed("decoded", vae=["loader", 0]) == "bad_linked_input"
    assert changed("decoded", vae=["nowhere", 0]) == "bad_linked_input"
    without = {**good, "latent": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64}}}
    assert schema.errors(without)["latent"][0]["type"] == "required_input_missing"
    unknown = {**good, "latent": {"class_type": "Nope", "inputs": {}}}
    assert schema.errors(unknown)["latent"][0]["type"] == "missing_node_type"
    assert schema.errors({name: node for name, node in good.items() if name != "output"})
