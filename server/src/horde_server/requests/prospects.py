"""Words for who can serve a request (requests.md §6.4): it waits, and says why; or other models serve it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any, Final

import msgspec

from horde_server.dispatch.cheapest import Cheapest, Suggestion, searched
from horde_server.dispatch.entry import AnyEntry as Entry
from horde_server.dispatch.entry import Judged
from horde_server.dispatch.kind import Kind
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.dispatch.refusal import Reason
from horde_server.identity.directory import Account
from horde_server.models import current

NO_WORKER_CODE: Final = "NoAvailableWorker"
FALLBACK_CODE: Final = "ModelFallback"
NO_WORKER: Final = (
    "Warning: no available workers can fulfill this request. It will expire unless a suitable worker joins."
)
_MOST_NAMES: Final = 10
_MOST_NAME_CHARACTERS: Final = 60
_MOST_BYTES_OF_NAMES: Final = 300
_MOST_REASONS: Final = 6
OBSTACLES: Final = {
    Reason.MODELS: "serve none of the models",
    Reason.WORKER_ID: "are not among the workers named",
    Reason.MAX_PIXELS: "take fewer pixels",
    Reason.MAX_TILES: "take smaller pictures",
    Reason.NSFW: "take no NSFW requests",
    Reason.UNTRUSTED: "are not trusted",
    Reason.PERFORMANCE: "are too slow",
    Reason.IMG2IMG: "take no source images",
    Reason.PAINTING: "take no inpainting",
    Reason.LORA: "take no LoRAs",
    Reason.POST_PROCESSING: "take no post-processing",
    Reason.CONTROLNET: "take no ControlNets",
    Reason.BRIDGE_VERSION: "run software that cannot do it",
    Reason.STEP_COUNT: "take fewer steps",
    Reason.MAX_CONTEXT_LENGTH: "have a shorter context",
    Reason.MAX_LENGTH: "write fewer tokens",
    Reason.MATCHING_SOFTPROMPT: "lack the soft prompt",
    Reason.TOOLS: "let no model call functions",
    Reason.VISION: "show pictures to no model",
    Reason.GRAMMAR: "bind no model to a JSON schema",
    Reason.LOGPROBS: "tell no probabilities of tokens",
    Reason.MAINTENANCE: "are in maintenance",
    Reason.BLACKLIST: "refuse a word of the prompt",
    Reason.KUDOS: "want the kudos for it in hand",
    Reason.RECENT_FAULT: "have just failed at it",
}
_MOST_TOLD: Final = 3
_MOST_JUDGEMENTS: Final = 2_000
"""While who asks waits for the answer: about 8 ms, where there are very many kinds of workers; mostly a few."""
_WORDS_ALONE: Final = {"prompt": "", "seed": None}
"""What of an order no worker is chosen by."""
_MOST_ANSWERED: Final = 200
_MOST_SORTS: Final = 500
"""Of workers, that are kept of one question: 50 KB."""
_TRUST_IS_FIXED: Final = frozenset({Reason.UNTRUSTED})


def prospects(
    entry: Entry,
    queue: LiveQueue,
    *,
    tells_obstacles: bool,
    kind: Kind[Any] | None = None,
    account: Account | None = None,
) -> dict[str, str]:
    """Warnings by code for a request of images or texts that was just taken; none when all is as it was asked for.

    `tells_obstacles`: whether who asks may know that nobody can serve it. `kind`: of the request, to say what would
    help.
    """
    found: dict[str, str] = {}
    order = entry.order
    if order.preferred_models:
        usable = queue.models_for(entry.group, entry.account_id, _MOST_NAMES + 1)
        found[FALLBACK_CODE] = fallback_warning(order.preferred_models, usable)
    if tells_obstacles and not queue.is_possible(entry):
        found[NO_WORKER_CODE] = _no_worker(entry, queue, kind, account)
    return found


def _no_worker(entry: Entry, queue: LiveQueue, kind: Kind[Any] | None, account: Account | None) -> str:
    told = no_worker_warning(
        queue.refusals(entry.group, entry.account_id),
        entry.order.models,
        queue.models_on_offer(entry.account_id, _MOST_NAMES + 1),
    )
    return told + what_would_help(entry, queue, kind, account)


def fixed_for(account: Account | None) -> frozenset[Reason]:
    """What of an account's requests is not for it to give up: those of education are for trusted workers only."""
    return _TRUST_IS_FIXED if account is not None and account.education else frozenset()


def what_would_help(entry: Entry, queue: LiveQueue, kind: Kind[Any] | None, account: Account | None) -> str:
    """The cheapest changes of a request that nobody can serve, as sentences that follow others; "": nothing would.

    Requests that differ by their words alone are told what the first of them was, as long as the workers are the same.
    """
    if kind is None:
        return ""
    judged = [each for each in queue.judged(entry) if each.personal is None]
    if not judged:
        return ""
    fixed = fixed_for(account)
    question = _question(entry, kind, judged, fixed)
    if question is not None and (known := _answers.get(question)) is not None:
        return known
    search = Cheapest(kind, queue, entry, judged, most=_MOST_JUDGEMENTS, fixed=fixed)
    told = "".join(f" {suggestion_in_words(each)}" for each in searched(search)[:_MOST_TOLD])
    if question is not None:
        _answers.keep(question, told)
    return told


class _Answers:
    """Sentences by all that they depend on, and as long as the reference of models is the same: of whichever queue."""

    def __init__(self) -> None:
        self._known: dict[Hashable, str] = {}
        self._reference: object = None

    def get(self, question: Hashable) -> str | None:
        """What was told the last time."""
        if self._reference is not (now := current.get()):
            self._known.clear()
            self._reference = now
        return self._known.get(question)

    def keep(self, question: Hashable, told: str) -> None:
        """Instead of the oldest, where there are many."""
        if len(self._known) >= _MOST_ANSWERED:
            del self._known[next(iter(self._known))]
        self._known[question] = told


_answers: Final = _Answers()


def _question(entry: Entry, kind: Kind[Any], judged: Sequence[Judged], fixed: frozenset[Reason]) -> Hashable | None:
    """All that decides what would help; None where that is too much to keep, or the request names workers."""
    order = entry.order
    if entry.requirement.workers or not all(name in order.__struct_fields__ for name in _WORDS_ALONE):
        return None
    sorts = Counter([each.alike for each in judged])
    if len(sorts) > _MOST_SORTS:
        return None
    question = (kind.name, msgspec.structs.replace(order, **_WORDS_ALONE), frozenset(sorts.items()), fixed)
    try:
        hash(question)
    except TypeError:  # a conversation has dictionaries
        return None
    return question


def suggestion_in_words(suggestion: Suggestion[Any]) -> str:
    """One sentence: "Without LoRAs, at 768x768: 5 workers could serve it."."""
    words = [_shortened(option.words) for option in suggestion.options]
    who = "1 worker" if suggestion.workers == 1 else f"{suggestion.workers} workers"
    told = ", ".join(words)
    return f"{told[:1].upper()}{told[1:]}: {who} could serve it."


def _shortened(words: str) -> str:
    return words if len(words) <= _MOST_NAME_CHARACTERS else f"{words[: _MOST_NAME_CHARACTERS - 1]}…"


def why_nobody(entry: Entry, queue: LiveQueue, kind: Kind[Any] | None = None) -> str:
    """What stands in the way of the workers online, and what would help, for who waits for the answer; "": nothing."""
    if queue.is_possible(entry):
        return ""
    return f"No worker online can serve this.{_no_worker(entry, queue, kind, None).removeprefix(NO_WORKER)}"


def no_worker_warning(refusals: Counter[Reason], asked: Sequence[str], offered: Sequence[str]) -> str:
    """The warning, with what stands in the way of the workers that are online; below 1 KB.

    `asked`: the models of the request; `offered`: those that there are, at least one more than are named.
    """
    if not refusals:
        return f"{NO_WORKER} No worker is online."
    told = f"{NO_WORKER} {counted(refusals, OBSTACLES)}"
    if Reason.MODELS not in refusals:
        return told
    wanted = f"Asked for: {named(asked)}; served" if asked else "Served"
    return f"{told} {wanted} now: {named(offered)}."


def fallback_warning(asked: Sequence[str], usable: Sequence[str]) -> str:
    """That other models than those asked for serve the request, and which."""
    served = f"what there is: {named(usable)}" if usable else "whatever the first suitable worker has"
    return (
        f"No worker online can serve this with {named(asked)}: it is served with {served}. "
        "Each generation names its `model`."
    )


def counted(refusals: Counter[Reason], obstacles: dict[Reason, str]) -> str:
    """How many of the workers online are refused for which reasons, the most frequent first."""
    most = refusals.most_common(_MOST_REASONS)
    told = [f"{count} {obstacles.get(reason, reason)}" for reason, count in most]
    if others := refusals.total() - sum(count for _, count in most):
        told.append(f"{others} cannot for other reasons")
    return f"Of {refusals.total()} online: {', '.join(told)}."


def named(names: Sequence[str]) -> str:
    """Names for a sentence: as many as are worth reading, each as far as it tells something."""
    shown: list[str] = []
    room = _MOST_BYTES_OF_NAMES
    for name in names[:_MOST_NAMES]:
        short = name if len(name) <= _MOST_NAME_CHARACTERS else f"{name[: _MOST_NAME_CHARACTERS - 1]}…"
        room -= len(short.encode())
        if shown and room < 0:
            break
        shown.append(short)
    more = " and more" if len(shown) < len(names) else ""
    return f"{', '.join(shown)}{more}" if shown else "nothing"
