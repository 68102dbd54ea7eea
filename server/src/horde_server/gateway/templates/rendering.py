"""Messages in, a prompt out: with the template that was chosen, and within what the model reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from horde_server.gateway.common.messages import Message
from horde_server.gateway.common.tokens import CHARACTERS_A_TOKEN, tokens
from horde_server.gateway.templates.choosing import Choice, choose
from horde_server.gateway.templates.own import NO_OWN_TEMPLATES, OwnTemplates
from horde_server.gateway.templates.refusals import ContextLengthExceeded, TemplateFailed
from horde_server.gateway.templates.sandbox import RenderingFailed
from horde_server.gateway.templates.template import PLACE, Template
from horde_server.models.catalogue import instruct_format

_ASIDE_CHARACTERS = 100_000
"""From here on a rendering takes milliseconds, and goes into a thread."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A prompt, and what must be known to read the answer to it.

    `dropped`: how many of the oldest messages were left out. `trims`: white space before the answer is the template's.
    `opens_thinking`: the answer begins inside a thought.
    """

    prompt: str
    stops: tuple[str, ...]
    template: str
    is_guess: bool
    dropped: int = 0
    trims: bool = False
    opens_thinking: bool = False

    @property
    def header(self) -> str:
        """As `Horde-Template` says it."""
        return f"{self.template}; guess" if self.is_guess else self.template


def render(
    messages: Sequence[Message],
    *,
    template: str | None = None,
    models: Sequence[str] = (),
    catalogue: Callable[[str], str | None] = instruct_format,
    claims: Mapping[str, str] | None = None,
    max_context_tokens: int,
    max_length: int,
    own: OwnTemplates = NO_OWN_TEMPLATES,
    thinking: bool = False,
    raw_tokens: bool = False,
) -> Rendered:
    """The prompt of a chat for these models. O(characters · log messages).

    Raises:
        UnknownTemplate: `template` names none.
        ContextLengthExceeded: too long even without what may be left out.
        TemplateFailed: the operator's own template cannot.
    """
    choice = choose(models, wished=template, catalogue=catalogue, claims=claims, own=own)
    turns = _Turns.of(messages, choice.template, raw_tokens=raw_tokens)
    ending = choice.template.ending(" ".join(models), thinking=thinking)

    def written(dropped: int) -> str:
        kept = turns.without(dropped)
        if choice.own is not None and choice.own.jinja is not None:
            return _by_jinja(choice, kept, thinking=thinking)
        return _by_table(choice.template, kept, ending.generation)

    dropped, prompt = _fitting(turns, written, max_context_tokens=max_context_tokens, max_length=max_length)
    return Rendered(
        prompt,
        choice.template.stops,
        choice.name,
        choice.is_guess,
        dropped,
        trims=not turns.continues and ending.generation.endswith("\n"),
        opens_thinking=not turns.continues and ending.opens_thinking,
    )


async def render_aside(messages: Sequence[Message], **how: Any) -> Rendered:
    """`render`, in a thread where it would hold up everybody else."""
    own: OwnTemplates = how.get("own", NO_OWN_TEMPLATES)
    if own.entries or sum(len(message.text) for message in messages) > _ASIDE_CHARACTERS:
        return await asyncio.to_thread(render, messages, **how)
    return render(messages, **how)


@dataclass(frozen=True, slots=True)
class _Turns:
    """The texts of a chat as the template gets them: one for the system, then those who speak."""

    system: str
    spoken: tuple[tuple[str, str], ...]  # (role, text): user, assistant, or system where the template has a role for it
    continues: bool  # the last is an answer that was begun

    @classmethod
    def of(cls, messages: Sequence[Message], template: Template, *, raw_tokens: bool) -> _Turns:
        heads = 0
        while heads < len(messages) and messages[heads].role == "system":
            heads += 1
        texts = [_text(message, template, raw_tokens=raw_tokens) for message in messages]
        system = "\n\n".join(text for text in texts[:heads] if text)
        spoken = [
            (_role(message, template), text) for message, text in zip(messages[heads:], texts[heads:], strict=True)
        ]
        if system and not spoken:  # somebody must have said it, or there is nothing to answer
            system, spoken = "", [("user", system)]
        return cls(system, tuple(spoken), bool(spoken) and spoken[-1][0] == "assistant")

    @property
    def most_dropped(self) -> int:
        """All before the last turn of the user may go."""
        last_user = [at for at, (role, _) in enumerate(self.spoken) if role == "user"][-1:]
        return last_user[0] if last_user else max(len(self.spoken) - 1, 0)

    def droppable(self) -> list[int]:
        """How many may go: so that the first that stays is the user's, as templates want it."""
        most = self.most_dropped
        return [0, *(at for at in range(1, most + 1) if at == most or self.spoken[at][0] == "user")]

    def without(self, dropped: int) -> _Turns:
        """The same without the oldest turns."""
        return _Turns(self.system, self.spoken[dropped:], self.continues)


def _role(message: Message, template: Template) -> str:
    if message.role == "tool" or (message.role == "system" and not template.has_system_role):
        return "user"
    return message.role


def _text(message: Message, template: Template, *, raw_tokens: bool) -> str:
    text = message.text.strip()
    if template.named and message.name and message.role != "tool":
        text = f"{message.name}: {text}"
    return text if raw_tokens else template.broken(text)


def _by_table(template: Template, turns: _Turns, generation: str) -> str:
    pieces = [template.head]
    users = [at for at, (role, _) in enumerate(turns.spoken) if role == "user"]
    inside = None  # the turn of the user that begins with the system's text
    if turns.system:
        if template.system_at == "turn" or not users:
            pieces.append(_put(template.system, turns.system))
        else:
            inside = users[0] if template.system_at == "first" else users[-1]
    last = len(turns.spoken) - 1
    for at, (role, text) in enumerate(turns.spoken):
        said = _put(template.system, turns.system) + text if at == inside else text
        if at == last and turns.continues:
            # Where thinking is switched off by an empty thought, that stands before the beginning too.
            opened = generation if generation.startswith(template.prefill) else template.prefill
            pieces.append(opened + said)
            return "".join(pieces)
        pieces.append(_put({"user": template.user, "assistant": template.assistant}.get(role, template.system), said))
    return "".join([*pieces, generation])


def _put(around: str, text: str) -> str:
    before, _, after = around.partition(PLACE)
    return before + text + after


def _by_jinja(choice: Choice, turns: _Turns, *, thinking: bool) -> str:
    own = choice.own
    assert own is not None and own.jinja is not None and own.lock is not None
    said = [*([("system", turns.system)] if turns.system else []), *turns.spoken]
    try:
        with own.lock:
            prompt = own.jinja.render(
                [{"role": role, "content": text} for role, text in said],
                answers_next=not turns.continues,
                thinking=thinking,
            )
    except RenderingFailed as error:
        raise TemplateFailed(own.name, str(error)) from error
    if not turns.continues:
        return prompt
    begun = turns.spoken[-1][1]
    at = prompt.rfind(begun)
    if at < 0:
        raise TemplateFailed(own.name, "it does not write the answer that was begun")
    return prompt[: at + len(begun)]


def _fitting(
    turns: _Turns, written: Callable[[int], str], *, max_context_tokens: int, max_length: int
) -> tuple[int, str]:
    """As few of the oldest turns left out as may be, and the prompt of the rest."""
    room = max_context_tokens - max_length

    def fits(prompt: str) -> bool:
        return len(prompt) <= room * CHARACTERS_A_TOKEN

    prompt = written(0)
    if fits(prompt):
        return 0, prompt
    counts = turns.droppable()
    shortest = written(counts[-1])
    if not fits(shortest):
        raise ContextLengthExceeded(tokens(shortest) + max_length, max_context_tokens)
    low, high, best = 0, len(counts) - 1, shortest  # counts[low] is too few, counts[high] fits
    while high - low > 1:
        middle = (low + high) // 2
        prompt = written(counts[middle])
        if fits(prompt):
            high, best = middle, prompt
        else:
            low = middle
    return counts[high], best
