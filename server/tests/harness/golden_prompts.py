"""What each template makes of the same three chats, written out by hand from the table of the specification.

In order: system and user; two turns of the user; an answer that was begun.
"""

from __future__ import annotations

HARMONY = (
    "<|start|>system<|message|>You are a helpful assistant.\nReasoning: low\n\n# Valid channels: analysis, commentary, "
    "final. Channel must be included for every message.<|end|>"
)
_CHATML = (
    "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHello!<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHello!<|im_end|>\n<|im_start|>assistant\nHi.<|im_end|>\n"
    "<|im_start|>user\nSing.<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHello!<|im_end|>\n<|im_start|>assistant\nOnce upon",
)
_EMPTY_THOUGHT = "<think>\n\n</think>\n\n"

GOLDEN: dict[str, tuple[str, str, str]] = {
    "chatml": _CHATML,
    "llama2": (
        "[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\nHello! [/INST]",
        "[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\nHello! [/INST] Hi. </s><s>[INST] Sing. [/INST]",
        "[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\nHello! [/INST] Once upon",
    ),
    "llama3": (
        "<|start_header_id|>system<|end_header_id|>\n\nBe kind.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n"
        "Hello!<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
        "<|start_header_id|>system<|end_header_id|>\n\nBe kind.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n"
        "Hello!<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nHi.<|eot_id|><|start_header_id|>user"
        "<|end_header_id|>\n\nSing.<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
        "<|start_header_id|>system<|end_header_id|>\n\nBe kind.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n"
        "Hello!<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nOnce upon",
    ),
    "llama4": (
        "<|header_start|>system<|header_end|>\n\nBe kind.<|eot|><|header_start|>user<|header_end|>\n\n"
        "Hello!<|eot|><|header_start|>assistant<|header_end|>\n\n",
        "<|header_start|>system<|header_end|>\n\nBe kind.<|eot|><|header_start|>user<|header_end|>\n\n"
        "Hello!<|eot|><|header_start|>assistant<|header_end|>\n\nHi.<|eot|><|header_start|>user<|header_end|>\n\n"
        "Sing.<|eot|><|header_start|>assistant<|header_end|>\n\n",
        "<|header_start|>system<|header_end|>\n\nBe kind.<|eot|><|header_start|>user<|header_end|>\n\n"
        "Hello!<|eot|><|header_start|>assistant<|header_end|>\n\nOnce upon",
    ),
    "mistral-v1": (
        " [INST] Be kind.\n\nHello! [/INST]",
        " [INST] Be kind.\n\nHello! [/INST] Hi.</s> [INST] Sing. [/INST]",
        " [INST] Be kind.\n\nHello! [/INST] Once upon",
    ),
    "mistral-v3": (
        "[INST] Be kind.\n\nHello![/INST]",
        "[INST] Hello![/INST] Hi.</s>[INST] Be kind.\n\nSing.[/INST]",
        "[INST] Be kind.\n\nHello![/INST] Once upon",
    ),
    "mistral-tekken": (
        "[INST]Be kind.\n\nHello![/INST]",
        "[INST]Hello![/INST]Hi.</s>[INST]Be kind.\n\nSing.[/INST]",
        "[INST]Be kind.\n\nHello![/INST]Once upon",
    ),
    "mistral-v7": (
        "[SYSTEM_PROMPT] Be kind.[/SYSTEM_PROMPT][INST] Hello![/INST]",
        "[SYSTEM_PROMPT] Be kind.[/SYSTEM_PROMPT][INST] Hello![/INST] Hi.</s>[INST] Sing.[/INST]",
        "[SYSTEM_PROMPT] Be kind.[/SYSTEM_PROMPT][INST] Hello![/INST] Once upon",
    ),
    "mistral-v7-tekken": (
        "[SYSTEM_PROMPT]Be kind.[/SYSTEM_PROMPT][INST]Hello![/INST]",
        "[SYSTEM_PROMPT]Be kind.[/SYSTEM_PROMPT][INST]Hello![/INST]Hi.</s>[INST]Sing.[/INST]",
        "[SYSTEM_PROMPT]Be kind.[/SYSTEM_PROMPT][INST]Hello![/INST]Once upon",
    ),
    "gemma": (
        "<start_of_turn>user\nBe kind.\n\nHello!<end_of_turn>\n<start_of_turn>model\n",
        "<start_of_turn>user\nBe kind.\n\nHello!<end_of_turn>\n<start_of_turn>model\nHi.<end_of_turn>\n"
        "<start_of_turn>user\nSing.<end_of_turn>\n<start_of_turn>model\n",
        "<start_of_turn>user\nBe kind.\n\nHello!<end_of_turn>\n<start_of_turn>model\nOnce upon",
    ),
    "gemma4": (
        "<|turn>system\nBe kind.<turn|>\n<|turn>user\nHello!<turn|>\n<|turn>model\n",
        "<|turn>system\nBe kind.<turn|>\n<|turn>user\nHello!<turn|>\n<|turn>model\nHi.<turn|>\n"
        "<|turn>user\nSing.<turn|>\n<|turn>model\n",
        "<|turn>system\nBe kind.<turn|>\n<|turn>user\nHello!<turn|>\n<|turn>model\nOnce upon",
    ),
    "alpaca": (
        "Be kind.\n\n### Instruction:\nHello!\n\n### Response:\n",
        "Be kind.\n\n### Instruction:\nHello!\n\n### Response:\nHi.\n\n### Instruction:\nSing.\n\n### Response:\n",
        "Be kind.\n\n### Instruction:\nHello!\n\n### Response:\nOnce upon",
    ),
    "vicuna": (
        "Be kind.\n\nUSER: Hello!\nASSISTANT:",
        "Be kind.\n\nUSER: Hello!\nASSISTANT: Hi.</s>\nUSER: Sing.\nASSISTANT:",
        "Be kind.\n\nUSER: Hello!\nASSISTANT: Once upon",
    ),
    "phi3": (
        "<|system|>\nBe kind.<|end|>\n<|user|>\nHello!<|end|>\n<|assistant|>\n",
        "<|system|>\nBe kind.<|end|>\n<|user|>\nHello!<|end|>\n<|assistant|>\nHi.<|end|>\n<|user|>\nSing.<|end|>\n"
        "<|assistant|>\n",
        "<|system|>\nBe kind.<|end|>\n<|user|>\nHello!<|end|>\n<|assistant|>\nOnce upon",
    ),
    "phi4": (
        "<|im_start|>system<|im_sep|>Be kind.<|im_end|><|im_start|>user<|im_sep|>Hello!<|im_end|>"
        "<|im_start|>assistant<|im_sep|>",
        "<|im_start|>system<|im_sep|>Be kind.<|im_end|><|im_start|>user<|im_sep|>Hello!<|im_end|>"
        "<|im_start|>assistant<|im_sep|>Hi.<|im_end|><|im_start|>user<|im_sep|>Sing.<|im_end|>"
        "<|im_start|>assistant<|im_sep|>",
        "<|im_start|>system<|im_sep|>Be kind.<|im_end|><|im_start|>user<|im_sep|>Hello!<|im_end|>"
        "<|im_start|>assistant<|im_sep|>Once upon",
    ),
    "qwen": _CHATML,
    "qwen3": (
        _CHATML[0] + _EMPTY_THOUGHT,
        _CHATML[1] + _EMPTY_THOUGHT,
        _CHATML[0] + _EMPTY_THOUGHT + "Once upon",
    ),
    "deepseek": (
        "Be kind.<｜User｜>Hello!<｜Assistant｜>",
        "Be kind.<｜User｜>Hello!<｜Assistant｜>Hi.<｜end▁of▁sentence｜><｜User｜>Sing.<｜Assistant｜>",
        "Be kind.<｜User｜>Hello!<｜Assistant｜>Once upon",
    ),
    "command-r": (
        "<|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>Be kind.<|END_OF_TURN_TOKEN|>"
        "<|START_OF_TURN_TOKEN|><|USER_TOKEN|>Hello!<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>",
        "<|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>Be kind.<|END_OF_TURN_TOKEN|>"
        "<|START_OF_TURN_TOKEN|><|USER_TOKEN|>Hello!<|END_OF_TURN_TOKEN|>"
        "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>Hi.<|END_OF_TURN_TOKEN|>"
        "<|START_OF_TURN_TOKEN|><|USER_TOKEN|>Sing.<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>",
        "<|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>Be kind.<|END_OF_TURN_TOKEN|>"
        "<|START_OF_TURN_TOKEN|><|USER_TOKEN|>Hello!<|END_OF_TURN_TOKEN|>"
        "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>Once upon",
    ),
    "harmony": (
        f"{HARMONY}<|start|>developer<|message|># Instructions\n\nBe kind.<|end|><|start|>user<|message|>Hello!<|end|>"
        "<|start|>assistant<|channel|>final<|message|>",
        f"{HARMONY}<|start|>developer<|message|># Instructions\n\nBe kind.<|end|><|start|>user<|message|>Hello!<|end|>"
        "<|start|>assistant<|channel|>final<|message|>Hi.<|end|><|start|>user<|message|>Sing.<|end|>"
        "<|start|>assistant<|channel|>final<|message|>",
        f"{HARMONY}<|start|>developer<|message|># Instructions\n\nBe kind.<|end|><|start|>user<|message|>Hello!<|end|>"
        "<|start|>assistant<|channel|>final<|message|>Once upon",
    ),
    "glm4": (
        "[gMASK]<sop><|system|>\nBe kind.<|user|>\nHello!<|assistant|>\n",
        "[gMASK]<sop><|system|>\nBe kind.<|user|>\nHello!<|assistant|>\nHi.<|user|>\nSing.<|assistant|>\n",
        "[gMASK]<sop><|system|>\nBe kind.<|user|>\nHello!<|assistant|>\nOnce upon",
    ),
    "kimi": (
        "<|im_system|>system<|im_middle|>Be kind.<|im_end|><|im_user|>user<|im_middle|>Hello!<|im_end|>"
        "<|im_assistant|>assistant<|im_middle|>",
        "<|im_system|>system<|im_middle|>Be kind.<|im_end|><|im_user|>user<|im_middle|>Hello!<|im_end|>"
        "<|im_assistant|>assistant<|im_middle|>Hi.<|im_end|><|im_user|>user<|im_middle|>Sing.<|im_end|>"
        "<|im_assistant|>assistant<|im_middle|>",
        "<|im_system|>system<|im_middle|>Be kind.<|im_end|><|im_user|>user<|im_middle|>Hello!<|im_end|>"
        "<|im_assistant|>assistant<|im_middle|>Once upon",
    ),
    "granite": (
        "<|start_of_role|>system<|end_of_role|>Be kind.<|end_of_text|>\n"
        "<|start_of_role|>user<|end_of_role|>Hello!<|end_of_text|>\n<|start_of_role|>assistant<|end_of_role|>",
        "<|start_of_role|>system<|end_of_role|>Be kind.<|end_of_text|>\n"
        "<|start_of_role|>user<|end_of_role|>Hello!<|end_of_text|>\n"
        "<|start_of_role|>assistant<|end_of_role|>Hi.<|end_of_text|>\n"
        "<|start_of_role|>user<|end_of_role|>Sing.<|end_of_text|>\n<|start_of_role|>assistant<|end_of_role|>",
        "<|start_of_role|>system<|end_of_role|>Be kind.<|end_of_text|>\n"
        "<|start_of_role|>user<|end_of_role|>Hello!<|end_of_text|>\n<|start_of_role|>assistant<|end_of_role|>Once upon",
    ),
    "zephyr": (
        "<|system|>\nBe kind.</s>\n<|user|>\nHello!</s>\n<|assistant|>\n",
        "<|system|>\nBe kind.</s>\n<|user|>\nHello!</s>\n<|assistant|>\nHi.</s>\n<|user|>\nSing.</s>\n<|assistant|>\n",
        "<|system|>\nBe kind.</s>\n<|user|>\nHello!</s>\n<|assistant|>\nOnce upon",
    ),
    "tulu": (
        "<|system|>\nBe kind.\n<|user|>\nHello!\n<|assistant|>\n",
        "<|system|>\nBe kind.\n<|user|>\nHello!\n<|assistant|>\nHi.<|end_of_text|>\n<|user|>\nSing.\n<|assistant|>\n",
        "<|system|>\nBe kind.\n<|user|>\nHello!\n<|assistant|>\nOnce upon",
    ),
    "metharme": (
        "<|system|>Be kind.<|user|>Hello!<|model|>",
        "<|system|>Be kind.<|user|>Hello!<|model|>Hi.<|user|>Sing.<|model|>",
        "<|system|>Be kind.<|user|>Hello!<|model|>Once upon",
    ),
    "openchat": (
        "GPT4 Correct System: Be kind.<|end_of_turn|>GPT4 Correct User: Hello!<|end_of_turn|>GPT4 Correct Assistant:",
        "GPT4 Correct System: Be kind.<|end_of_turn|>GPT4 Correct User: Hello!<|end_of_turn|>"
        "GPT4 Correct Assistant: Hi.<|end_of_turn|>GPT4 Correct User: Sing.<|end_of_turn|>GPT4 Correct Assistant:",
        "GPT4 Correct System: Be kind.<|end_of_turn|>GPT4 Correct User: Hello!<|end_of_turn|>"
        "GPT4 Correct Assistant: Once upon",
    ),
    "solar": (
        "### System:\nBe kind.\n\n### User:\nHello!\n\n### Assistant:\n",
        "### System:\nBe kind.\n\n### User:\nHello!\n\n### Assistant:\nHi.</s>\n\n### User:\nSing.\n\n### Assistant:\n",
        "### System:\nBe kind.\n\n### User:\nHello!\n\n### Assistant:\nOnce upon",
    ),
    "none": (
        "Be kind.\n\nHello!\n\n",
        "Be kind.\n\nHello!\n\nHi.\n\nSing.\n\n",
        "Be kind.\n\nHello!\n\nOnce upon",
    ),
}

STOPS: dict[str, tuple[str, ...]] = {
    "chatml": ("<|im_end|>", "<|im_start|>"),
    "llama2": ("[INST]", "</s>"),
    "llama3": ("<|eot_id|>", "<|start_header_id|>"),
    "llama4": ("<|eot|>", "<|header_start|>"),
    "mistral-v1": ("</s>", "[INST]"),
    "mistral-v3": ("</s>", "[INST]"),
    "mistral-tekken": ("</s>", "[INST]"),
    "mistral-v7": ("</s>", "[INST]"),
    "mistral-v7-tekken": ("</s>", "[INST]"),
    "gemma": ("<end_of_turn>", "<start_of_turn>"),
    "gemma4": ("<turn|>", "<|turn>"),
    "alpaca": ("### Instruction:", "### Response:"),
    "vicuna": ("USER:", "</s>"),
    "phi3": ("<|end|>", "<|user|>"),
    "phi4": ("<|im_end|>", "<|im_start|>"),
    "qwen": ("<|im_end|>", "<|im_start|>", "<|endoftext|>"),
    "qwen3": ("<|im_end|>", "<|im_start|>", "<|endoftext|>"),
    "deepseek": ("<｜end▁of▁sentence｜>", "<｜User｜>"),
    "command-r": ("<|END_OF_TURN_TOKEN|>",),
    "harmony": ("<|return|>", "<|end|>", "<|call|>", "<|start|>"),
    "glm4": ("<|user|>", "<|observation|>", "<|endoftext|>"),
    "kimi": ("<|im_end|>",),
    "granite": ("<|end_of_text|>",),
    "zephyr": ("</s>", "<|user|>"),
    "tulu": ("<|end_of_text|>", "<|user|>"),
    "metharme": ("</s>", "<|user|>"),
    "openchat": ("<|end_of_turn|>",),
    "solar": ("### User:", "</s>"),
    "none": (),
}
