"""The price samples that prices are fitted to and tested against.

Both tables are prices of the public horde, computed by it for made-up requests: sweeps of one field, and requests drawn
at random. Amounts are kudos; an empty field was left out. `price_path` says how the original came to a base price:
`nn` by its network, which ours is fitted to; `legacy` by an older formula, for post-processors its network has never
seen.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from horde_server.requests.image.order import ImageOrder, Lora, TextualInversion
from horde_server.requests.image.prices.charges import priced_image
from horde_server.requests.image.prices.formula import PricedImage
from horde_server.requests.pictures.source_images import SourceImages
from horde_server.requests.text.order import TextOrder

FOLDER = Path(__file__).parent
MODELS = {
    "sd1": "stable_diffusion",
    "sd2": "stable_diffusion_2.1",
    "sdxl": "SDXL 1.0",
    "cascade": "Stable Cascade 1.0",
    "flux": "Flux.1-Schnell fp8 (Compact)",
    "zimage": "Z-Image-Turbo",
    "qwen": "Qwen-Image",
}
"""A model of each baseline in the table."""


@dataclass(frozen=True)
class ImageSample:
    """An image request with what it cost."""

    order: ImageOrder
    image: PricedImage
    is_fitted: bool
    base_kudos: float
    reward_kudos: float
    debit_kudos: float

    @property
    def kudos_without_networks(self) -> float:
        """The base price without LoRAs and textual inversions, whose prices are fixed."""
        return self.base_kudos - 3 * self.image.loras - self.image.has_textual_inversions


@dataclass(frozen=True)
class TextSample:
    """A text request with what it was estimated at and what it cost; None where the original has no answer."""

    order: TextOrder
    billions: float | None
    prompt_characters: int
    generation_characters: int
    owner_trusted: bool
    backend_validated: bool
    reward_kudos: float
    debit_kudos: float
    estimate_kudos: float | None
    dry_run_kudos: float | None
    held_kudos: float | None


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(newline="") as file:
        return list(csv.DictReader(file))


def read_image_samples() -> list[ImageSample]:
    """All image samples; the first is the reference job."""
    return list(map(_image_sample, _rows("image_samples.csv")))


def _image_sample(row: dict[str, str]) -> ImageSample:
    order = ImageOrder(
        "a prompt",
        models=(MODELS[row["baseline"]],),
        width=int(row["width"]),
        height=int(row["height"]),
        steps=int(row["steps"]),
        sampler_name=row["sampler_name"],
        cfg_scale=float(row["cfg_scale"]),
        karras=row["karras"] == "1",
        hires_fix=row["hires_fix"] == "1",
        sources=SourceImages("a picture") if row["source_processing"] else None,
        source_processing=row["source_processing"] or "img2img",
        denoising_strength=float(row["strength"] or 1),
        control_type=row["control_type"] or None,
        post_processing=tuple(filter(None, row["post_processing"].split("|"))),
        loras=tuple(Lora(str(number)) for number in range(int(row["loras"]))),
        tis=tuple(TextualInversion(str(number)) for number in range(int(row["tis"]))),
        slow_workers=row["slow_workers"] == "1",
        worker_blacklist=row["worker_blacklist"] == "1",
        workflow=row["workflow"] or None,
    )
    return ImageSample(
        order=order,
        image=priced_image(order),
        is_fitted=row["price_path"] == "nn",
        base_kudos=float(row["base_price"]),
        reward_kudos=float(row["reward"]),
        debit_kudos=float(row["debit"]),
    )


def read_text_samples() -> list[TextSample]:
    """All text samples, each for a model called `m`."""
    return [
        TextSample(
            order=TextOrder(
                "a prompt",
                max_length=int(row["max_length"]),
                max_context_length=int(row["max_context_length"]),
                n=int(row["n"]),
                models=("m",),
            ),
            billions=float(row["billions"]) if row["model_known"] == "1" else None,
            prompt_characters=int(row["prompt_characters"]),
            generation_characters=int(row["generation_characters"]),
            owner_trusted=row["owner_trusted"] == "1",
            backend_validated=row["backend_validated"] == "1",
            reward_kudos=float(row["reward"]),
            debit_kudos=float(row["debit"]),
            estimate_kudos=_number(row["estimate"]),
            dry_run_kudos=_number(row["dry_run"]),
            held_kudos=_number(row["held"]),
        )
        for row in _rows("text_samples.csv")
    ]


def _number(text: str) -> float | None:
    return float(text) if text else None
