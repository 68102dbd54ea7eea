"""`TextModel`: a loaded language model that writes the texts of a job. Needs torch and transformers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

import structlog

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.in_process.devices import Device
from horde_worker.backends.text import Conversation, TextEvent, TextJob
from horde_worker.backends.transformers.decoding import GrowingText
from horde_worker.backends.transformers.drawing import DrawingProcessor
from horde_worker.backends.transformers.writing import EachEnds, Writing

log = structlog.get_logger(__name__)

MOST_CHARACTERS_A_TOKEN: Final = 64
"""What of a prompt is tokenized at all: prompts may have millions of characters, and only the last tokens count."""


class TextModel:
    """A causal language model with its tokenizer on one device."""

    def __init__(self, model: Any, tokenizer: Any, device: Device) -> None:
        from transformers import GenerationConfig

        self._model = model
        self._tokenizer = tokenizer
        self._device = device
        self._ends = _ends(model, tokenizer)
        # The library fills what a job leaves open from the model's own file: penalties and bans on top of the job's.
        model.generation_config = GenerationConfig()

    @classmethod
    def load(cls, folder: Path, device: Device) -> Self:
        """From its folder alone: nothing is fetched, no code of the model's is run. Raises `BackendFailure`."""
        from transformers import AutoModelForCausalLM, AutoTokenizer

        try:
            tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
            model = AutoModelForCausalLM.from_pretrained(
                str(folder), local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype=device.dtype
            )
        except (OSError, ValueError, KeyError, TypeError, ImportError) as error:
            reason = str(error).partition("\n")[0][:300]
            raise BackendFailure(f"{folder.name} cannot be loaded: {reason}") from error
        return cls(model.to(device.name).eval(), tokenizer, device)

    def tokens(self, prompt: str, most: int, *, is_whole: bool = False) -> list[int]:
        """The prompt's tokens: the last ones that fit, behind the token that begins every text, where there is one.

        `is_whole`: that is in the prompt already, where it belongs there.
        """
        last = prompt[-most * MOST_CHARACTERS_A_TOKEN :]
        read: list[int] = self._tokenizer(last, verbose=False, add_special_tokens=not is_whole)["input_ids"]
        begin = self._tokenizer.bos_token_id
        if len(read) > most:
            has_begin = begin is not None and read[0] == begin and most > 1
            read = [begin, *read[len(read) - most + 1 :]] if has_begin else read[len(read) - most :]
        if not read:
            read = [begin if begin is not None else next(iter(self._ends), 0)]
        return read

    def write(
        self,
        job: TextJob,
        places: Sequence[int],
        room: int,
        tell: Callable[[TextEvent], None],
        should_stop: Callable[[], bool],
    ) -> None:
        """The texts of these places side by side. `room` is how many tokens prompt and text may have together."""
        import torch

        most = max(1, min(job.max_context_length, room) - job.max_length)
        chat = None if job.conversation is None else self._written(job.conversation)
        read = self.tokens(job.prompt, most) if chat is None else self.tokens(chat, most, is_whole=True)
        ends = self._ends
        seeds = [job.seeds[place] for place in places]
        writings = [
            Writing(place, seed, GrowingText(self._decode, read), job.stop_sequences, tell)
            for place, seed in zip(places, seeds, strict=True)
        ]
        drawing = DrawingProcessor(
            job.sampling,
            seeds,
            ends,
            prompt_length=len(read),
            may_end=job.may_end,
            should_stop=should_stop,
        )
        ids = torch.tensor([read] * len(places), device=self._device.name)
        with torch.inference_mode():
            self._model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                logits_processor=[drawing],
                stopping_criteria=[EachEnds(writings, ends, job.max_length)],
                generation_config=self._neutral_config(ends, job.max_length),
            )
        for writing in writings:
            tell(writing.result())

    def _written(self, conversation: Conversation) -> str | None:
        """A conversation as the model's own template writes it; None where it cannot: then there is the prompt.

        Words of a user that have a meaning to the model lose it: nobody opens a turn for somebody else.
        """
        marks = [str(mark) for mark in self._tokenizer.all_special_tokens if len(str(mark)) > 1]

        def harmless(text: str) -> str:
            for mark in marks:
                text = text.replace(mark, f"{mark[0]}\u200d{mark[1:]}")
            return text

        messages = [_said(message, harmless) for message in conversation.messages]
        try:
            written: str = self._tokenizer.apply_chat_template(
                messages,
                tokenize=False,
                add_generation_prompt=not conversation.continues,
                continue_final_message=conversation.continues,
            )
        except Exception as error:  # noqa: BLE001 - a template may do anything
            log.warning("backend.template_failed", kind=type(error).__name__)
            return None
        return written

    @staticmethod
    def _neutral_config(ends: Sequence[int], most: int) -> Any:
        """Nothing of what the model's own file would change: the job says how tokens are drawn."""
        from transformers import GenerationConfig

        return GenerationConfig(
            max_new_tokens=most, do_sample=False, num_beams=1, pad_token_id=ends[0] if ends else 0, use_cache=True
        )

    def _decode(self, tokens: Sequence[int]) -> str:
        text: str = self._tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text


def _said(message: Mapping[str, Any], harmless: Callable[[str], str]) -> dict[str, Any]:
    """A message with all its texts made harmless, however it has them."""

    def part_of(part: Any) -> Any:
        if isinstance(part, Mapping) and isinstance(part.get("text"), str):
            return {**part, "text": harmless(part["text"])}
        return harmless(part) if isinstance(part, str) else part

    content = message.get("content")
    if isinstance(content, str):
        return {**message, "content": harmless(content)}
    return {**message, "content": [part_of(part) for part in content]} if isinstance(content, list) else {**message}


def _ends(model: Any, tokenizer: Any) -> tuple[int, ...]:
    """The tokens that end a text: as the model's generation says, or its tokenizer."""
    said = getattr(model.generation_config, "eos_token_id", None)
    if said is None:
        said = tokenizer.eos_token_id
    return tuple(said) if isinstance(said, list | tuple) else () if said is None else (int(said),)
