"""Which judge a worker has: what its operator says, or what is there."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import structlog

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.trained_alchemy.model_files import INSTALL, NotInstalled
from horde_worker.safety.judgement import SafetyChecker
from horde_worker.safety.options import SafetyOptions
from horde_worker.safety.trusting import ClosedVocabulary, Unchecked
from horde_worker.settings import OperatorWishes

log = structlog.get_logger(__name__)

AUTO: Final = "auto"
PUBLIC_HORDES: Final = ("aihorde.net", "stablehorde.net")
_NO_JUDGE: Final = f"give it one (safety: nudenet, which comes with {INSTALL})"


def _nudenet(options: SafetyOptions) -> SafetyChecker:
    from horde_worker.safety.nudenet import NudenetChecker

    return NudenetChecker.open(options)


def _clip(options: SafetyOptions) -> SafetyChecker:
    from horde_worker.safety.clip import ClipChecker

    return ClipChecker.open(options)


def _onnx(options: SafetyOptions) -> SafetyChecker:
    from horde_worker.safety.onnx import OnnxChecker

    return OnnxChecker.open(options)


def _http(options: SafetyOptions) -> SafetyChecker:
    from horde_worker.safety.http import HttpChecker

    return HttpChecker.open(options)


def _none(options: SafetyOptions) -> SafetyChecker:
    options.check_known()
    return Unchecked()


_JUDGES: Final[dict[str, Callable[[SafetyOptions], SafetyChecker]]] = {
    "nudenet": _nudenet,
    "clip": _clip,
    "onnx": _onnx,
    "http": _http,
    "none": _none,
}
CHECKERS: Final = (AUTO, *_JUDGES, ClosedVocabulary.name)
"""Every name that the setting `safety` takes."""


async def opened_checker(wishes: OperatorWishes, *, knows_nsfw: bool, horde_url: str) -> SafetyChecker:
    """The judge, loaded. `knows_nsfw`: whether the maker could paint what is not safe for work.

    Raises `BackendFailure` where there is none and has to be one.
    """
    checker = await asyncio.to_thread(_chosen, wishes, knows_nsfw)
    if not checker.can_judge:
        if is_public(horde_url):
            raise BackendFailure(f"the public horde takes no pictures that nobody has looked at; {_NO_JUDGE}")
        if is_sfw(wishes) or wishes.censorlist:
            raise BackendFailure(f"this worker is to censor pictures, and nobody looks at them; {_NO_JUDGE}")
        log.warning(
            "worker.unchecked", reason=f"nobody looks at the pictures; jobs to be censored go back; {_NO_JUDGE}"
        )
    if knows_nsfw:
        log.info("worker.safety", judge=checker.name)
    return checker


def is_sfw(wishes: OperatorWishes) -> bool:
    """Whether this worker delivers nothing that is not safe for work."""
    return wishes.censor_nsfw and not wishes.nsfw


def is_public(horde_url: str) -> bool:
    """Whether this is the horde that everybody uses, or one of its doors."""
    host = (urlsplit(horde_url).hostname or "").rstrip(".").lower()
    return any(host == name or host.endswith(f".{name}") for name in PUBLIC_HORDES)


def _chosen(wishes: OperatorWishes, knows_nsfw: bool) -> SafetyChecker:
    name = wishes.safety.strip().lower() or AUTO
    if name == ClosedVocabulary.name or (name == AUTO and not knows_nsfw):
        if knows_nsfw:
            raise BackendFailure(f"safety: {name} is for models that can paint nothing unsafe, and this one can")
        return ClosedVocabulary()
    options = SafetyOptions(name, wishes.safety_options)
    if name == AUTO:
        if not _may_be_installed("nudenet", "onnxruntime"):
            return Unchecked()
        try:
            return _nudenet(options)
        except NotInstalled:
            return Unchecked()
    if name not in _JUDGES:
        raise BackendFailure(f"there is no safety {name!r}; there are: {', '.join(CHECKERS)}")
    return _JUDGES[name](options)


def _may_be_installed(*packages: str) -> bool:
    """Whether they are found, without importing anything: numpy alone would take 12 MB of a worker that waits."""
    return all(importlib.util.find_spec(package) is not None for package in packages)
