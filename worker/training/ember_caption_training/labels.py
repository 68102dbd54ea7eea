"""What a scene shows, as the captioner is to say it; numbers are places in the lists of `demo_caption.questions`."""

from __future__ import annotations

from dataclasses import dataclass

from ember_training.scenes import SceneSpec, Thing

from horde_worker.backends.demo_caption.questions import QUESTIONS

OPEN = -100
"""Where a question has no answer: what `cross_entropy` passes over."""
OFF_CENTRE_FROM = 0.13
BIG_FROM, SMALL_TO = 0.365, 0.175


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a canvas that is seen, in 0..1 of it."""

    left: float = 0.0
    top: float = 0.0
    width: float = 1.0
    height: float = 1.0


def labels_of(scene: SceneSpec, window: Window) -> dict[str, int]:
    """The answer to each question, `OPEN` where it is none of this picture's."""
    kind, things = _kind(scene)
    said = {"world": "known", "backdrop": scene.backdrop, "kind": kind}
    for place, thing in zip(("first", "second"), things, strict=False):
        said[f"{place} shape"], said[f"{place} colour"] = thing.shape, thing.colour
    if kind == "one":
        said["spot"], said["size"] = _spot(things[0], window), _size(things[0], window)
    return {name: answers.index(said[name]) if name in said else OPEN for name, answers in QUESTIONS.items()}


def labels_of_stranger() -> dict[str, int]:
    """Of a picture that is not of this world only that is known."""
    return {name: answers.index("strange") if name == "world" else OPEN for name, answers in QUESTIONS.items()}


def _kind(scene: SceneSpec) -> tuple[str, tuple[Thing, ...]]:
    """And the things that are to be named, from left to right or from above to below."""
    things = scene.things
    if len(things) < 2:
        return ("one", things) if things else ("empty", ())
    if len({(thing.shape, thing.colour) for thing in things}) == 1 and abs(things[0].x - things[1].x) > 0.2:
        return ("two alike" if len(things) == 2 else "three alike"), things[:1]
    if abs(things[0].x - things[1].x) > abs(things[0].y - things[1].y):
        return "side by side", tuple(sorted(things, key=lambda thing: thing.x))
    return "one above the other", tuple(sorted(things, key=lambda thing: thing.y))


def _spot(thing: Thing, window: Window) -> str:
    x = (thing.x - window.left) / window.width - 0.5
    y = (thing.y - window.top) / window.height - 0.5
    if max(abs(x), abs(y)) < OFF_CENTRE_FROM:
        return "center"
    if abs(x) > abs(y):
        return "left" if x < 0 else "right"
    return "top" if y < 0 else "bottom"


def _size(thing: Thing, window: Window) -> str:
    radius = thing.radius / min(window.width, window.height)
    return "big" if radius >= BIG_FROM else "small" if radius <= SMALL_TO else "middling"
