"""Training pictures with their answers: scenes, some seen through the image model, in the state pictures arrive in."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass

import numpy as np
import torch
from ember_training.drawing import paint
from ember_training.network import Ember
from ember_training.scenes import random_scene
from PIL import Image
from torch import Tensor

from ember_caption_training.labels import Window, labels_of, labels_of_stranger
from ember_caption_training.strangers import stranger
from horde_worker.backends.demo.vocabulary import MAX_TOKENS, read_prompt
from horde_worker.backends.demo_caption.network import SIDE_PX
from horde_worker.backends.demo_caption.questions import QUESTIONS

STRANGE_SHARE = 0.3
SEEN_SHARE = 0.4
"""Of the scenes, how many go through the image model: noise is added, and what it sees in it is the picture."""
PAIRS = 60
"""Two things are harder to name than one."""
MOST_NOISE_SHARE = 0.55
LEAST_KEPT = 0.88
"""Of a side, when a picture is cut: more would change what is in it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures (batch, side, side, 3) in -1..1; the answers to each question."""

    pictures: Tensor
    answers: dict[str, Tensor]


def draw_batch(size: int, canvas: tuple[int, int], ember: Ember, rng: random.Random) -> Batch:
    """Fresh pictures of one canvas' shape, strangers among them."""
    strange = round(size * STRANGE_SHARE)
    scenes = [random_scene(rng, PAIRS) for _ in range(size - strange)]
    drawn = [paint(scene, *canvas, rng) for scene in scenes]
    seen = round(len(scenes) * SEEN_SHARE)
    drawn[:seen] = _through(ember, drawn[:seen], [scene.prompt for scene in scenes[:seen]])
    pictures, answers = [], []
    for scene, picture in zip(scenes, drawn, strict=True):
        large = picture.resize((canvas[0] * 4, canvas[1] * 4), rng.choice(_FILTERS))
        window = _window(rng)
        pictures.append(_worn(_cut(large, window), rng))
        answers.append(labels_of(scene, window))
    for _ in range(strange):
        pictures.append(_worn(stranger(rng), rng))
        answers.append(labels_of_stranger())
    stacked = torch.from_numpy(np.stack(pictures)).float() / 127.5 - 1
    return Batch(stacked, {name: torch.tensor([one[name] for one in answers]) for name in QUESTIONS})


_FILTERS = (Image.Resampling.BICUBIC, Image.Resampling.LANCZOS, Image.Resampling.NEAREST, Image.Resampling.BILINEAR)


def _through(ember: Ember, drawn: list[Image.Image], prompts: list[str]) -> list[Image.Image]:
    """What the image model makes of them, with more or less noise over them."""
    clean = torch.from_numpy(np.stack([np.asarray(one) for one in drawn])).permute(0, 3, 1, 2).float() / 127.5 - 1
    tokens = torch.zeros(len(drawn), MAX_TOKENS, dtype=torch.long)
    for row, prompt in enumerate(prompts):
        words = read_prompt(prompt).tokens
        tokens[row, : len(words)] = torch.tensor(words, dtype=torch.long)
    t = torch.rand(len(drawn)) * MOST_NOISE_SHARE
    share = t.view(-1, 1, 1, 1)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        guess = ember((1 - share) * clean + share * torch.randn_like(clean), t, tokens)
    pixels = ((guess.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
    return [Image.fromarray(one) for one in pixels]


def _window(rng: random.Random) -> Window:
    if rng.random() < 0.4:
        return Window()
    width, height = rng.uniform(LEAST_KEPT, 1), rng.uniform(LEAST_KEPT, 1)
    return Window(rng.uniform(0, 1 - width), rng.uniform(0, 1 - height), width, height)


def _cut(picture: Image.Image, window: Window) -> Image.Image:
    left, top = window.left * picture.width, window.top * picture.height
    right, bottom = left + window.width * picture.width, top + window.height * picture.height
    return picture.crop((round(left), round(top), round(right), round(bottom)))


def _worn(picture: Image.Image, rng: random.Random) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Resized, compressed, a little noisy or dim, and in the net's size."""
    if rng.random() < 0.5:
        side = rng.randint(56, 200)
        picture = picture.resize((side, side), rng.choice(_FILTERS))
    if rng.random() < 0.4:
        compressed = io.BytesIO()
        picture.save(compressed, rng.choice(("WEBP", "JPEG")), quality=rng.randint(25, 95))
        picture = Image.open(compressed).convert("RGB")
    pixels = np.asarray(picture.resize((SIDE_PX, SIDE_PX), Image.Resampling.BOX)).astype(np.float32)
    if rng.random() < 0.3:
        pixels = pixels * rng.uniform(0.93, 1.05) + rng.uniform(-6, 6)
    if rng.random() < 0.3:
        noise = np.random.default_rng(rng.getrandbits(32)).standard_normal(pixels.shape, dtype=np.float32)
        pixels = pixels + noise * rng.uniform(1, 8)
    return np.clip(pixels, 0, 255).astype(np.uint8)
