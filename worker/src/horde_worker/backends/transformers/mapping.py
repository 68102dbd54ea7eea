"""What becomes of a text job's parameters in the backend `transformers`. Knows neither torch nor the library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from horde_worker.backends.mapping import ByWorker, Mapped, Sent, Unsupported

_SAMPLER: Final = ByWorker("its samplers, on the model's scores of the next token")
_FORMAT: Final = ByWorker("formats the text, or the prompt")

MAPPING: Final[Mapping[str, Mapped]] = {
    "prompt": Sent("generate(inputs)", "its last tokens, as many as fit, behind the token that begins every text"),
    "max_length": Sent("GenerationConfig.max_new_tokens"),
    "max_context_length": Sent("generate(inputs)", "cut from the left to max_context_length - max_length tokens"),
    "n": Sent("generate(inputs)", "a row for each text"),
    "seed": ByWorker("dice of its own for each text, so that a batch is the same as single texts"),
    "temperature": _SAMPLER,
    "top_k": _SAMPLER,
    "top_a": _SAMPLER,
    "top_p": _SAMPLER,
    "min_p": _SAMPLER,
    "tfs": _SAMPLER,
    "typical": _SAMPLER,
    "rep_pen": _SAMPLER,
    "rep_pen_range": _SAMPLER,
    "rep_pen_slope": _SAMPLER,
    "sampler_order": _SAMPLER,
    "smoothing_factor": _SAMPLER,
    "dynatemp_range": _SAMPLER,
    "dynatemp_exponent": _SAMPLER,
    "stop_sequence": ByWorker("looks for it in the text, also across tokens; it stays in"),
    "use_default_badwordsids": ByWorker("rules out the tokens that end a text"),
    "singleline": _FORMAT,
    "frmtadsnsp": _FORMAT,
    "frmtrmblln": _FORMAT,
    "frmtrmspch": _FORMAT,
    "frmttriminc": _FORMAT,
    "softprompt": Unsupported("the API knows none any more, and none is offered"),
    "model": Sent("from_pretrained(folder)", "the folder that the option `models` names for it"),
}

CONVERSATION: Final[Mapping[str, Mapped]] = {
    "messages": Sent("apply_chat_template(conversation)", "marks of the model in them are broken"),
    "continue": Sent("apply_chat_template(continue_final_message)"),
    "response_format": ByWorker("the prompt asks for it"),
    **dict.fromkeys(
        ("images", "tools", "tool_choice", "parallel_tool_calls", "json_schema", "logprobs"),
        Unsupported("it writes texts only"),
    ),
}
"""What becomes of a conversation, where every model has a template."""
