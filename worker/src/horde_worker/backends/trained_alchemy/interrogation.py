"""`interrogation`: which words of our lists are nearest to a picture, by CLIP."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from PIL import Image

from horde_worker.backends.trained_alchemy.clip_model import ClipModel, Directions
from horde_worker.backends.trained_alchemy.form_options import FormOptions
from horde_worker.backends.trained_alchemy.interrogation_words import WORDS

USUAL_COUNT: Final = 5
MOST_COUNT: Final = 50

Ranking: TypeAlias = dict[str, list[dict[str, str | float]]]
"""By list: words with their confidence, the surest first."""


class Interrogator:
    """CLIP and where our words point."""

    def __init__(self, clip: ClipModel, kept_words: KeptWords | None = None) -> None:
        self._clip = clip
        kept = kept_words or KeptWords(None, "")
        self._directions = {name: kept.directions(name, words, clip) for name, words in WORDS.items()}

    def interrogated(self, picture: Image.Image, options: FormOptions) -> Ranking:
        """The nearest words of each list. Confidence: the share among the list's words in percent; with `similarity`,
        or without `rank`, how near the word is by itself (100 times the cosine)."""
        count = options.whole("top_count", USUAL_COUNT, 1, MOST_COUNT)
        is_by_itself = options.flag("similarity", False) or not options.flag("rank", True)
        seen = self._clip.picture(picture)
        ranking: Ranking = {}
        for name, words in WORDS.items():
            cosines = self._directions[name] @ seen
            confidence = 100 * (cosines if is_by_itself else _shares(cosines * self._clip.sharpness))
            best = np.argsort(-confidence, kind="stable")[:count]
            ranking[name] = [{"text": words[place], "confidence": round(float(confidence[place]), 2)} for place in best]
        return ranking


def _shares(scores: Directions) -> Directions:
    raised = np.exp(scores - scores.max())
    shares: Directions = raised / raised.sum()
    return shares


class KeptWords:
    """Where words point, kept in files: it takes CLIP some seconds. `model` is what the words depend on besides."""

    def __init__(self, folder: Path | None, model: str) -> None:
        self._folder = folder
        self._model = model

    def directions(self, name: str, words: tuple[str, ...], clip: ClipModel) -> Directions:
        """Where they point. A file that is broken or cannot be written costs the seconds again, not more."""
        if self._folder is None:
            return clip.words(words)
        about = hashlib.sha256(json.dumps([self._model, words]).encode()).hexdigest()[:16]
        file = self._folder / f"clip-words-{name}-{about}.npy"
        kept = _read(file)
        if kept is not None and kept.ndim == 2 and len(kept) == len(words) and np.isfinite(kept).all():
            return kept
        found = clip.words(words)
        _write(file, found)
        return found


def _read(file: Path) -> Directions | None:
    try:
        found: Directions = np.load(file, allow_pickle=False)
    except (OSError, ValueError):
        return None
    return found


def _write(file: Path, found: Directions) -> None:
    half = file.with_suffix(f".{os.getpid()}.npy")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(half, found)
        half.replace(file)
    except OSError:
        with suppress(OSError):
            half.unlink()
