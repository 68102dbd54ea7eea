"""How a model wants conversations written, by the marks in its own template; the names are the horde's."""

from __future__ import annotations

from typing import Final

_MARKS: Final = (
    ("<|start_header_id|>", "llama3"),
    ("<|header_start|>", "llama4"),
    ("<|im_sep|>", "phi4"),
    ("<|channel|>", "harmony"),
    ("<|im_middle|>", "kimi"),
    ("<|START_OF_TURN_TOKEN|>", "command-r"),
    ("<|start_of_role|>", "granite"),
    ("<start_of_turn>", "gemma"),
    ("<|turn>", "gemma4"),
    ("<｜User｜>", "deepseek"),
    ("[gMASK]", "glm4"),
    ("<|im_start|>", "chatml"),
    ("<|end|>", "phi3"),
    ("[SYSTEM_PROMPT]", "mistral-v7"),
    ("<<SYS>>", "llama2"),
    ("### Instruction:", "alpaca"),
    ("GPT4 Correct", "openchat"),
)
"""The first that is found counts. What several of them share, such as `[INST]`, says nothing."""


def template_name(template: str) -> str:
    """The name; empty where the marks say none."""
    return next((name for mark, name in _MARKS if mark in template), "")
