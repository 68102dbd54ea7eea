"""Models by any name: the horde's own, those of the operator and the account, and those that only others have
(gateway.md §1.7)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from horde_server.dispatch.kind import WorkerRules
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.dispatch.refusal import SPECIAL_MODEL
from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField, ModelNotFound
from horde_server.models.text_names import base_names
from horde_server.requests.text.served import capabilities_of, claimed_template
from horde_server.settings import Settings
from horde_server.workers.directory import OnlineWorker, WorkerDirectory

ANY_TEXT: Final = "horde/any-text"
ANY_IMAGE: Final = "horde/any-image"
ANY_EMBEDDING: Final = "horde/any-embedding"
_ANY: Final = {"text": ANY_TEXT, "image": ANY_IMAGE, "embedding": ANY_EMBEDDING}
MOST_NAME_CHARACTERS: Final = 255
_MOST_WISH_CHARACTERS: Final = 4 * MOST_NAME_CHARACTERS
MOST_NAMES: Final = 100
"""In one wish."""
_MOST_SHOWN: Final = 10
_FRESH_S: Final = 1.0
_MOST_SEEN: Final = 10_000
_NO_QUEUE_S: Final = 10_000
_BACKENDS: Final = ("koboldcpp/", "aphrodite/", "tabbyAPI/", "vllm/", "ollama/", "llamacpp/", "openai/")
_FOREIGN: Final = re.compile(
    r"(gpt-|o[1-9](-|$)|chatgpt-|text-davinci-|text-embedding-|davinci-|babbage-|claude-|dall-e-|gpt-image-).*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model that some worker serves now. Lengths in tokens; 0: of pictures there are none."""

    name: str
    kind: str
    workers: int
    threads: int
    queued_jobs: int
    wait_s: int
    first_seen_s: float
    max_length: int = 0
    max_context_length: int = 0
    can: frozenset[str] = frozenset()  # what at least one of its workers declares (capabilities.md §1)
    template: str | None = None  # of its chats, as most trusted workers claim
    by: tuple[OnlineWorker, ...] = field(default=(), repr=False, compare=False)
    """Those workers, the freshest knowledge of what they can do."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a wished name comes to: models of the horde, none for any; and what `Horde-Model` says, where it must."""

    models: tuple[str, ...]
    header: str | None = None

    @property
    def name(self) -> str:
        """As the wish is repeated until the worker's own model is known."""
        return ",".join(self.models)


class ModelNames:
    """The names of the moment: read from memory once a second, and when a worker came, went or changed."""

    def __init__(
        self,
        settings: Settings,
        kinds: Mapping[str, WorkerRules],
        queues: Mapping[str, LiveQueue],
        workers: WorkerDirectory,
        clock: Callable[[], float],
    ) -> None:
        self._aliases = settings.model_aliases
        self._any_for_foreign = settings.any_for_foreign_models
        self._kinds = kinds
        self._queues = queues
        self._workers = workers
        self._clock = clock
        self._served: dict[str, tuple[int, float, tuple[ServedModel, ...]]] = {}
        self._first_seen: dict[tuple[str, str], float] = {}

    def served(self, kind: str) -> tuple[ServedModel, ...]:
        """The models of a kind that are served now, by workers and then by name."""
        now, version = self._clock(), self._workers.version
        known = self._served.get(kind)
        if known is None or known[0] != version or not 0 <= now - known[1] < _FRESH_S:
            known = self._served[kind] = (version, now, self._look(kind, now))
        return known[2]

    def find(self, kind: str, name: str) -> ServedModel | None:
        """A served model by its own name."""
        return next((model for model in self.served(kind) if model.name == name), None)

    def resolve(self, wish: str | None, kind: str, aliases: Mapping[str, str] | None = None) -> Resolved:
        """The models that a wish names; several stand with commas between them. `aliases`: the account's own.

        Raises `ModelNotFound`, and `BadField` where another kind serves it.
        """
        wish = (wish or "").strip()
        if not wish or wish in _ANY.values():
            if wish and wish != _ANY.get(kind):
                raise BadField("model", f"The model {wish!r} is none of this kind: use {_ANY.get(kind, 'another')!r}.")
            return Resolved(())
        if len(wish) > _MOST_WISH_CHARACTERS:
            raise ModelNotFound(f"The model's name has more than {_MOST_WISH_CHARACTERS} characters.", param="model")
        found: dict[str, None] = {}
        header = None
        for name in [each.strip() for each in wish.split(",") if each.strip()][:MOST_NAMES]:
            known = self._known(name, kind, aliases or {})
            if known is not None:
                found[known] = None
            elif self._any_for_foreign and _FOREIGN.fullmatch(name):
                return Resolved((), _ANY[kind])
            else:
                raise self._not_found(name, kind)
        if list(found) != [wish]:
            header = ",".join(found)
        return Resolved(tuple(found), header)

    def is_served(self, models: Sequence[str], kind: str) -> bool:
        """Whether somebody serves one of them now; of none, anything."""
        served = self.served(kind)
        return any(model.name in models for model in served) if models else bool(served)

    def _known(self, name: str, kind: str, aliases: Mapping[str, str]) -> str | None:
        """The horde's own name for it, if it has one."""
        names = [model.name for model in self.served(kind)]
        if name in names or self._has_been(kind, name):
            return name
        if found := _only(each for each in names if each.lower() == name.lower()):
            return found
        meant = aliases.get(name) or self._aliases.get(name)
        if meant is not None:
            return self._by_part(meant, kind, names) or (None if self._is_of_another(meant, kind) else meant)
        return self._by_part(name, kind, names)

    def _by_part(self, name: str, kind: str, names: Sequence[str]) -> str | None:
        """The one served model that has this name but for its program, its quantisation or its tag; or a known one."""
        if name in names:
            return name
        for plain in dict.fromkeys((name, name.removesuffix(":latest"))):
            short = _without_backend(plain)
            base = _without_quantisation(short)
            found = _only(each for each in names if _without_backend(each) == short) or _only(
                each for each in names if _without_quantisation(each) == base
            )
            if found:
                return found
        is_known = self._kinds[kind].knows_model(name) and not self._is_of_another(name, kind)
        return name if is_known else None

    def _is_of_another(self, name: str, kind: str) -> bool:
        return any(self.find(other, name) is not None for other in _ANY if other != kind)

    def _has_been(self, kind: str, name: str) -> bool:
        return (kind, name) in self._first_seen

    def _not_found(self, name: str, kind: str) -> Exception:
        other = "image" if kind == "text" else "text"
        if self.find(other, name) is not None:
            return BadField("model", f"The model {name[:100]!r} makes no {kind}s here, but {other}s.")
        served = [model.name for model in self.served(kind)[: _MOST_SHOWN + 1]]
        more = " …" if len(served) > _MOST_SHOWN else ""
        shown = ", ".join(served[:_MOST_SHOWN]) + more if served else "nothing"
        return ModelNotFound(f"The model '{name[:100]}' is served by nobody here. Served now: {shown}", param="model")

    def _look(self, kind: str, now: float) -> tuple[ServedModel, ...]:
        """O(workers and their models)."""
        by: defaultdict[str, list[OnlineWorker]] = defaultdict(list)
        for worker in self._workers.online(kind):
            if not (worker.maintenance or worker.paused or worker.offer.named_only):
                for name in worker.abilities.models:
                    if SPECIAL_MODEL not in name:
                        by[name].append(worker)
        waiting = self._queues[kind].waiting_by_model()
        found = []
        for name, workers in by.items():
            if len(self._first_seen) < _MOST_SEEN:
                self._first_seen.setdefault((kind, name), now)
            jobs, things = waiting.get(name, (0, 0.0))
            speed = sum(worker.speed for worker in workers)
            is_text = kind == "text"
            found.append(
                ServedModel(
                    name=name,
                    kind=kind,
                    workers=len(workers),
                    threads=sum(worker.abilities.threads for worker in workers),
                    queued_jobs=jobs,
                    wait_s=round(things / speed) if speed > 0 else _NO_QUEUE_S,
                    first_seen_s=self._first_seen.get((kind, name), now),
                    max_length=max(worker.abilities.max_length for worker in workers) if is_text else 0,
                    max_context_length=max(worker.abilities.max_context_length for worker in workers) if is_text else 0,
                    can=capabilities_of(workers),
                    template=claimed_template(name, workers),
                    by=tuple(workers),
                )
            )
        return tuple(sorted(found, key=lambda model: (-model.workers, model.name)))


def read_model(body: Body, *names: str) -> str:
    """The wish for a model, by the first of the field's names that says something. Raises `BadField`."""
    found = (body.text(name, most=_MOST_WISH_CHARACTERS) for name in names or ("model",))
    return next((wish for wish in found if wish), "")


def _without_backend(name: str) -> str:
    for backend in _BACKENDS:
        if name.startswith(backend):
            return name[len(backend) :]
    return name


def _without_quantisation(name: str) -> str:
    *_, base = base_names(_without_backend(name))
    return base


def _only(names: Iterable[str]) -> str | None:
    """The name, if it is one alone."""
    found = list(dict.fromkeys(names))
    return found[0] if len(found) == 1 else None
