"""The live queue against a slow, obvious twin: random requests, workers, pops, submits, faults, cancels, expiries.

The twin keeps a list and asks in plain words; the queue must give the same job to the same worker, the same counts of
refusals, the same prospects and the same places, whatever happened before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from builders import a_requirement, an_entry, an_offer
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from horde_server.dispatch.entry import RequestState
from horde_server.dispatch.ids import RequestId
from horde_server.dispatch.live_queue import RECENT_FAULT_S, LiveQueue
from horde_server.dispatch.refusal import Offer, Permission, Requirement, usable_models

PLAIN, FLUX, SDXL, CASCADE, INPAINTING = (
    "Deliberate", "Flux.1-Schnell fp8 (Compact)", "SDXL 1.0", "Stable Cascade 1.0", "stable_diffusion_inpainting",
)  # fmt: skip
MODELS = (PLAIN, FLUX, SDXL, CASCADE, INPAINTING)
WORKERS = tuple(UUID(int=number) for number in range(4))
OWNERS = (1, 2, 9, 7)  # of the workers; whose a worker is never changes

any_requirements = st.builds(
    a_requirement,
    models=st.frozensets(st.sampled_from(MODELS), max_size=2),
    pixels=st.sampled_from((64 * 64, 512 * 512, 1024 * 1024)),
    needs=st.sampled_from((0, 1, 2, 3)),
    nsfw=st.booleans(),
    wants_trusted=st.booleans(),
    wants_fast=st.booleans(),
    allows_extra_slow=st.booleans(),
    permissions=st.sampled_from((0, *Permission)),
    steps=st.sampled_from((0, 30, 31, 80)),
    paints=st.booleans(),
    has_second_pass=st.booleans(),
    has_qr_code=st.booleans(),
    workers=st.frozensets(st.sampled_from(WORKERS[:2]), max_size=1),
    worker_blacklist=st.booleans(),
    max_length=st.sampled_from((0, 80, 512)),
    max_context_length=st.sampled_from((0, 2048, 4096)),
    softprompt=st.sampled_from(("", "sea", "hill")),
    tiles=st.sampled_from((0, 1, 9)),
)
# what any model will do for, since nobody had those asked for when it came
fallen_back = st.builds(
    lambda requirement, preferred: requirement._replace(models=frozenset(), preferred=preferred),
    any_requirements,
    st.frozensets(st.sampled_from((*MODELS, "nobody's")), min_size=1, max_size=2),
)
# equal requirements share a class: most requests draw from a few, so that classes fill up
requirements = st.one_of(
    st.sampled_from([a_requirement(models=frozenset(models)) for models in ((PLAIN,), (PLAIN, SDXL), (SDXL,), ())]),
    any_requirements,
    fallen_back,
)
plain_offers = st.builds(
    an_offer,
    worker_id=st.sampled_from(WORKERS),
    models=st.just(frozenset((PLAIN, SDXL))),
    max_length=st.just(512),
    max_context_length=st.just(4096),
    max_tiles=st.just(80),
)
odd_offers = st.builds(
    an_offer,
    worker_id=st.sampled_from(WORKERS),
    models=st.frozensets(st.sampled_from(MODELS), min_size=1, max_size=3),
    max_pixels=st.sampled_from((512 * 512, 1024 * 1024)),
    can=st.sampled_from((0, 1, 3)),
    permissions=st.sampled_from((63, 0, *(63 - one for one in Permission))),
    allows_sdxl_controlnet=st.booleans(),
    runs_flux=st.booleans(),
    has_cascade_second_pass=st.booleans(),
    paints_with_any_model=st.booleans(),
    nsfw=st.booleans(),
    owner_trusted=st.booleans(),
    is_fast=st.booleans(),
    extra_slow=st.booleans(),
    named_only=st.booleans(),
    limits_steps=st.booleans(),
    blacklist=st.sampled_from(((), ("harbour",), ("storm",))),
    maintenance=st.booleans(),
    paused=st.booleans(),
    wants_upfront_kudos=st.booleans(),
    favoured=st.sampled_from((frozenset(), frozenset({3}))),
    max_length=st.sampled_from((80, 512)),
    max_context_length=st.sampled_from((2048, 4096)),
    softprompts=st.sampled_from((frozenset(), frozenset({"sea"}), frozenset({"sea", "hill"}))),
    max_tiles=st.sampled_from((0, 1, 80)),
)


def owned(offer: Offer) -> Offer:
    owner_id = OWNERS[WORKERS.index(offer.worker_id)]
    return offer._replace(owner_id=owner_id, favoured=offer.favoured | {owner_id})


offers = st.one_of(plain_offers, odd_offers).map(owned)


@dataclass
class Known:
    """A request as the twin knows it."""

    id: RequestId
    requirement: Requirement
    key: float
    account_id: int
    prompt: str
    covered: bool
    jobs: int
    waiting: int
    processing: int = 0
    finished: int = 0
    restarted: int = 0
    state: str = "open"
    version: int = 0
    failed: dict[UUID, float] = field(default_factory=dict)

    def row(self) -> RequestState:
        """What the database would return after the change."""
        self.version += 1
        return RequestState(
            self.id, self.state, self.jobs, self.waiting, self.processing, self.finished, self.restarted, 0, 1e12,
            self.version,
        )  # fmt: skip


def why_not(requirement: Requirement, offer: Offer) -> str | None:
    """The predicate once more, as the rules tell it (workers.md §5.14, alchemy.md §6)."""
    named = offer.worker_id in requirement.workers
    if offer.named_only and (not named or requirement.worker_blacklist):
        return "worker_id"
    if requirement.workers:
        if named and requirement.worker_blacklist:
            return "worker_id"
        if not named and not requirement.worker_blacklist:
            return "worker_id"
    could_use = [m for m in offer.models if not requirement.models or m in requirement.models]
    if not could_use:
        return "models"
    if offer.max_pixels < requirement.pixels:
        return "max_pixels"
    if offer.max_tiles < requirement.tiles:
        return "max_tiles"
    if requirement.nsfw and not offer.nsfw:
        return "nsfw"
    if requirement.wants_trusted and not offer.owner_trusted:
        return "untrusted"
    if requirement.wants_fast and not offer.is_fast:
        return "performance"
    if offer.extra_slow and not requirement.allows_extra_slow:
        return "performance"
    for permission, reason in FORBIDDEN.items():
        if requirement.permissions & permission and not offer.permissions & permission:
            return reason
    if offer.max_context_length < requirement.max_context_length:
        return "max_context_length"
    if offer.max_length < requirement.max_length:
        return "max_length"
    for bit in (1, 2):
        if requirement.needs & bit and not offer.can & bit:
            return "bridge_version"
    if requirement.softprompt != "" and requirement.softprompt not in offer.softprompts:
        return "matching_softprompt"
    obstacles = [obstacle(requirement, offer, model) for model in could_use]
    if None in obstacles:
        return None
    for reason in ("step_count", "controlnet", "bridge_version"):
        if reason in obstacles:
            return reason
    return "models"


FORBIDDEN = {1: "img2img", 2: "painting", 4: "lora", 8: "post-processing", 16: "controlnet", 32: "controlnet"}


def obstacle(requirement: Requirement, offer: Offer, model: str) -> str | None:
    """What keeps a worker from serving a request with this model of its own."""
    if requirement.paints and model != INPAINTING and not offer.paints_with_any_model:
        return "models"
    if not requirement.paints and model == INPAINTING:
        return "models"
    if model == FLUX and not offer.runs_flux:
        return "bridge_version"
    if model == CASCADE and requirement.has_second_pass and not offer.has_cascade_second_pass:
        return "bridge_version"
    if model == SDXL and requirement.has_qr_code and not offer.allows_sdxl_controlnet:
        return "controlnet"
    if offer.limits_steps and requirement.steps > 30:
        return "step_count"
    return None


def job_models(requirement: Requirement, offer: Offer) -> set[str]:
    """The models that a job may name: those preferred, if the worker may use one of them, else any that it may use."""
    could_use = {model for model in offer.models if not requirement.models or model in requirement.models}
    may_use = {model for model in could_use if obstacle(requirement, offer, model) is None}
    return may_use & requirement.preferred or may_use


class QueueAgainstTwin(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.knows_who_asks = False
        self.queue = LiveQueue(lambda: self.now)
        self.known: dict[RequestId, Known] = {}
        self.offers: dict[UUID, Offer] = {}
        self.asked = 0

    @initialize(matched_targeting=st.booleans())
    def start(self, matched_targeting: bool) -> None:
        self.knows_who_asks = matched_targeting
        self.queue = LiveQueue(lambda: self.now, matched_targeting=matched_targeting)

    def is_stranger(self, one: Known, offer: Offer) -> bool:
        """Whether the request names its workers and this one must know who asks, and does not."""
        names_workers = one.requirement.workers and not one.requirement.worker_blacklist
        return bool(self.knows_who_asks and names_workers and one.account_id not in offer.favoured)

    def personal(self, one: Known, offer: Offer) -> str | None:
        reason = self.of_its_own(one, offer)
        if reason is None and self.has_failed(one, offer) and any(map(self.is_able(one), self.offers.values())):
            return "recent_fault"
        return reason

    def has_failed(self, one: Known, offer: Offer) -> bool:
        return one.failed.get(offer.worker_id, 0.0) > self.now

    def is_able(self, one: Known) -> Callable[[Offer], bool]:
        """Whether a worker may serve a request and has not failed it: then one that has leaves it to that worker."""
        return lambda offer: (
            why_not(one.requirement, offer) is None
            and self.of_its_own(one, offer) is None
            and not self.has_failed(one, offer)
        )

    def of_its_own(self, one: Known, offer: Offer) -> str | None:
        if (offer.maintenance or offer.paused) and one.account_id != offer.owner_id:
            return "maintenance"
        if self.is_stranger(one, offer):
            return "worker_id"
        if any(word in one.prompt for word in offer.blacklist):
            return "blacklist"
        if offer.wants_upfront_kudos and not one.covered and one.account_id not in offer.favoured:
            return "kudos"
        return None

    def best_for(self, offer: Offer) -> UUID | None:
        waiting = [one for one in self.known.values() if one.state == "open" and one.waiting > 0]
        fit = [o for o in waiting if why_not(o.requirement, offer) is None and self.personal(o, offer) is None]
        fit.sort(key=lambda o: (o.account_id not in offer.favoured, o.key, o.id))
        return fit[0].id if fit else None

    @rule(
        requirement=requirements,
        keys=st.lists(st.floats(0, 100), min_size=1, max_size=5),
        jobs=st.integers(1, 3),
        account_id=st.sampled_from((0, 1, 2, 3)),
        prompt=st.sampled_from(("a quiet harbour", "a storm", "a hill")),
        covered=st.booleans(),
    )
    def requests(
        self, requirement: Requirement, keys: list[float], jobs: int, account_id: int, prompt: str, covered: bool
    ) -> None:
        for key in keys:
            self.asked += 1
            entry = an_entry(
                requirement,
                key=key,
                jobs=jobs,
                account_id=account_id,
                prompt=prompt,
                covered=covered,
                request_id=UUID(int=self.asked),  # ids break ties: chance would make failures unrepeatable
            )
            self.queue.add(entry)
            self.known[entry.id] = Known(entry.id, requirement, key, account_id, prompt, covered, jobs, jobs)

    @rule(offer=offers)
    def check_in(self, offer: Offer) -> None:
        self.offers[offer.worker_id] = offer
        self.queue.view(offer)

    @precondition(lambda self: self.offers)
    @rule(data=st.data())
    def worker_leaves(self, data: st.DataObject) -> None:
        worker_id = data.draw(st.sampled_from(list(self.offers)))
        del self.offers[worker_id]
        self.queue.drop_worker(worker_id)

    @precondition(lambda self: self.offers)
    @rule(data=st.data(), jobs=st.integers(1, 3))
    def pop(self, data: st.DataObject, jobs: int) -> None:
        offer = data.draw(st.sampled_from(list(self.offers.values())))
        view = self.queue.view(offer)
        entry = next(self.queue.candidates(view), None)
        assert (entry.id if entry else None) == self.best_for(offer)
        if entry is None:
            return
        one = self.known[entry.id]
        assert usable_models(one.requirement, offer) == job_models(one.requirement, offer)
        taken = min(jobs, one.waiting)
        self.queue.begin_claim(entry, taken)
        assert entry.available == one.waiting - taken
        one.waiting -= taken
        one.processing += taken
        self.queue.update(one.row())
        self.queue.end_claim(entry, taken)

    @precondition(lambda self: self.offers)
    @rule(data=st.data())
    def lost_claim_changes_nothing(self, data: st.DataObject) -> None:
        offer = data.draw(st.sampled_from(list(self.offers.values())))
        entry = next(self.queue.candidates(self.queue.view(offer)), None)
        if entry is not None:
            self.queue.begin_claim(entry, 1)
            self.queue.end_claim(entry, 1)

    @precondition(lambda self: any(one.processing for one in self.known.values()))
    @rule(data=st.data())
    def submit(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from([one for one in self.known.values() if one.processing]))
        one.processing -= 1
        one.finished += 1
        self.queue.update(one.row())

    @precondition(lambda self: any(one.processing for one in self.known.values()))
    @rule(data=st.data(), worker_id=st.sampled_from(WORKERS))
    def fault(self, data: st.DataObject, worker_id: UUID) -> None:
        one = data.draw(st.sampled_from([one for one in self.known.values() if one.processing]))
        one.processing -= 1
        one.restarted += 1
        if one.state == "open":
            if one.restarted > 2 * one.jobs:
                one.state, one.waiting = "faulted", 0
            else:
                one.waiting += 1
        one.failed[worker_id] = self.now + RECENT_FAULT_S
        self.queue.note_fault(one.id, worker_id)
        self.queue.update(one.row())

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(list(self.known.values())))
        if one.state == "open":
            one.state, one.waiting = "cancelled", 0
            self.queue.update(one.row())

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def expire(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(list(self.known.values())))
        del self.known[one.id]
        self.queue.remove(one.id)

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def late_news_is_ignored(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(list(self.known.values())))
        current = self.queue.entries[one.id].state
        self.queue.update(current._replace(version=current.version - 1, waiting=0, processing=0))

    @rule(seconds=st.sampled_from((0.5, 2.0, RECENT_FAULT_S + 1)))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def totals_agree(self) -> None:
        waiting = [one for one in self.known.values() if one.waiting]
        assert self.queue.waiting_jobs == sum(one.waiting for one in waiting)
        for account_id in (0, 1, 2, 3):
            mine = [one for one in waiting if one.account_id == account_id]
            assert self.queue.by_account.waiting(account_id) == sum(one.waiting for one in mine)
            theirs = [one for one in self.known.values() if one.account_id == account_id]
            assert self.queue.by_account.open(account_id) == sum(one.waiting + one.processing for one in theirs)
            asked = frozenset({PLAIN})
            assert self.queue.by_account.waiting(account_id, asked) == sum(
                one.waiting for one in mine if (one.requirement.models or one.requirement.preferred) & asked
            )

    @invariant()
    def prospects_and_places_agree(self) -> None:
        able = {
            one.id: [o for o in self.offers.values() if why_not(one.requirement, o) is None]
            for one in self.known.values()
        }
        for one in self.known.values():
            entry = self.queue.entries[one.id]
            known = [o for o in able[one.id] if not self.is_stranger(one, o)]
            general = any(not (o.maintenance or o.paused) for o in known)
            own = any(o.owner_id == one.account_id for o in known)
            done = one.state == "faulted" or (one.waiting == 0 and one.processing == 0)
            expected = one.processing > 0 or (one.state != "faulted" and (done or general or own))
            assert self.queue.is_possible(entry) == expected
            position, _ = self.queue.place(entry, max_age_s=0)
            if one.waiting == 0:
                assert position == 0
            else:
                ahead = [
                    other
                    for other in self.known.values()
                    if other.waiting
                    and (other.key, other.id) < (one.key, one.id)
                    and any(not (o.maintenance or o.paused) for o in able[other.id])
                ]
                assert position == 1 + len(ahead)

    @invariant()
    def skipped_counts_agree(self) -> None:
        for offer in self.offers.values():
            counts: Counter[str] = Counter()
            if not (offer.maintenance or offer.paused):
                for one in self.known.values():
                    if one.waiting:
                        reason = why_not(one.requirement, offer)
                        reason = reason or self.personal(one, offer)
                        if reason:
                            counts[reason] += 1
            assert self.queue.skipped(self.queue.view(offer), max_age_s=0) == dict(counts)


TestQueueAgainstTwin = QueueAgainstTwin.TestCase
TestQueueAgainstTwin.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
