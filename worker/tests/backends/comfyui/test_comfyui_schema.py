"""The contract server refuses what a real ComfyUI would, and more. Whether its schema is a real one's is tried by
`make test-comfyui` (tests/peers)."""

from __future__ import annotations

from typing import Any

from played_comfyui.contract import ContractServer
from played_comfyui.schema import EXTENSION_NODES, STOCK_NODES

from horde_worker.backends.comfyui.nodes import INPUTS


def test_the_schema_knows_every_node_that_graphs_are_made_of() -> None:
    """And no other."""
    assert set(STOCK_NODES) | set(EXTENSION_NODES) == set(INPUTS)


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
