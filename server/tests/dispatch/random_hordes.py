"""Random orders of every kind and random workers, as programs send them: for tests that judge by brute force."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import count
from typing import Any
from uuid import UUID

from horde_server.dispatch.abilities import Abilities
from horde_server.dispatch.entry import Entry, RequestState
from horde_server.dispatch.ids import RequestId
from horde_server.dispatch.kind import Kind
from horde_server.dispatch.offers import make_offer
from horde_server.dispatch.refusal import Offer
from horde_server.requests.alchemy.kind import AlchemyKind
from horde_server.requests.alchemy.order import FormOrder
from horde_server.requests.image.kind import ImageKind
from horde_server.requests.image.order import ImageOrder, Lora, TextualInversion
from horde_server.requests.pictures.source_images import ExtraSource, SourceImages
from horde_server.requests.text.chat import Chat
from horde_server.requests.text.kind import TextKind
from horde_server.requests.text.order import TextOrder

KINDS: tuple[Kind[Any], ...] = (ImageKind(), TextKind(), AlchemyKind())
IMAGE_MODELS = (
    "Deliberate", "Flux.1-Schnell fp8 (Compact)", "SDXL 1.0", "Stable Cascade 1.0", "stable_diffusion_inpainting",
    "pix2pix", "a model of mine", "horde_special::ada",
)  # fmt: skip
TEXT_MODELS = ("koboldcpp/mistral-7b", "koboldcpp/llama-70b", "horde_special::bob")
FORMS = ("caption", "interrogation", "RealESRGAN_x4plus")
WORKERS = tuple(UUID(int=number) for number in range(1, 9))
OWNERS = (3, 4, 5, 6)
AGENTS = (
    "AI Horde Worker reGen:13.0.0:x", "AI Horde Worker reGen:2.0.0:x", "AI Horde Worker:24.0.0:x",
    "SD-WebUI Stable Horde Worker Bridge:4:x", "KoboldCppEmbedWorker:1:x", "mine:1:x",
)  # fmt: skip
CAPABILITIES = (
    "img2img", "inpainting", "karras", "post-processing", "GFPGAN", "RealESRGAN_x4plus", "CodeFormers", "r2",
    "clip_skip", "controlnet", "return_control_map", "image_is_control", "hires_fix", "tiling", "textual_inversion",
    "lora", "lora_versions", "extra_source_images", "stable_cascade_2pass", "qr_code", "layer_diffuse", "flux",
    "k_euler", "k_euler_a", "k_heun", "lcm", "strip_background",
)  # fmt: skip


def a_kind(chance: random.Random) -> Kind[Any]:
    """Mostly images, as they can give up most."""
    return chance.choices(KINDS, (6, 2, 1))[0]


def an_order(kind: Kind[Any], chance: random.Random) -> Any:
    """An order whose wishes go together."""
    make = {"image": _image_order, "text": _text_order, "interrogation": _form_order}[kind.name]
    while not kind.fits(order := make(chance)):
        pass
    return order


def _some(chance: random.Random, values: Sequence[Any], most: int) -> tuple[Any, ...]:
    return tuple(chance.sample(values, chance.randint(0, min(most, len(values)))))


def _image_order(chance: random.Random) -> ImageOrder:
    def often() -> bool:
        return chance.random() < 0.25

    changes: dict[str, Any] = {}
    if often():
        extra = (ExtraSource("extra"),) if often() else ()
        changes["sources"] = SourceImages(image="image", mask="mask" if often() else None, extra=extra, pixels=262_144)
        changes["source_processing"] = "remix" if extra else chance.choice(("img2img", "inpainting"))
        if often():
            changes |= {"control_type": chance.choice(("canny", "hed")), "return_control_map": often()}
    if often():
        changes["loras"] = tuple(Lora(str(number), is_version=often()) for number in range(chance.randint(1, 3)))
    if often():
        changes["tis"] = (TextualInversion("1"),)
    if often():
        changes["post_processing"] = _some(
            chance, ("GFPGAN", "RealESRGAN_x4plus", "CodeFormers", "strip_background"), 4
        )
    return ImageOrder(
        prompt=chance.choice(("a quiet harbour", "a storm")),
        models=_some(chance, IMAGE_MODELS, 2),
        width=chance.choice((512, 512, 768, 1024, 2048)),
        height=chance.choice((512, 512, 768, 1024, 1536)),
        steps=chance.choice((8, 20, 30, 60, 100, 150)),
        sampler_name=chance.choice(("k_euler", "k_euler_a", "k_heun", "k_dpm_adaptive", "lcm", "DDIM")),
        karras=chance.random() < 0.5,
        hires_fix=often(),
        tiling=often(),
        clip_skip=2 if often() else None,
        transparent=often() and often(),
        nsfw=often(),
        trusted_workers=often(),
        slow_workers=not often(),
        extra_slow_workers=often(),
        workers=tuple(map(str, _some(chance, WORKERS, 2))) if often() else (),
        worker_blacklist=often(),
        r2=not often(),
        **changes,
    )


def _text_order(chance: random.Random) -> TextOrder:
    return TextOrder(
        prompt=chance.choice(("a quiet harbour", "a storm")),
        models=_some(chance, TEXT_MODELS, 2),
        max_length=chance.choice((16, 80, 512, 1024)),
        max_context_length=chance.choice((80, 1024, 2048, 8192)),
        softprompt=chance.choice(("", "", "sea")),
        validated_backends=chance.random() < 0.3,
        trusted_workers=chance.random() < 0.3,
        slow_workers=chance.random() < 0.7,
        extra_slow_workers=chance.random() < 0.3,
        workers=tuple(map(str, _some(chance, WORKERS, 2))) if chance.random() < 0.3 else (),
        worker_blacklist=chance.random() < 0.3,
        chat=_chat(chance) if chance.random() < 0.4 else None,
    )


def _chat(chance: random.Random) -> Chat:
    picture = {"type": "image_url", "image_url": {"url": "picture:0"}}
    content: list[dict[str, Any]] = [{"type": "text", "text": "what is this?"}]
    return Chat(
        messages=({"role": "user", "content": [*content, picture] if chance.random() < 0.4 else content},),
        tools=({"type": "function", "function": {"name": "look"}},) if chance.random() < 0.5 else (),
        json_schema={"type": "object"} if chance.random() < 0.3 else None,
        logprobs=chance.choice((None, None, 0, 3)),
    )


def _form_order(chance: random.Random) -> FormOrder:
    return FormOrder(
        form=chance.choice(FORMS),
        interrogation_id=RequestId(UUID(int=9)),
        tiles=chance.choice((1, 4, 9, 30)),
        slow_workers=chance.random() < 0.5,
        trusted_workers=chance.random() < 0.5,
    )


def offers(kind: Kind[Any], chance: random.Random) -> list[Offer]:
    """A pool of workers, no two with one id."""
    return [_offer(kind, worker_id, chance) for worker_id in _some(chance, WORKERS, 6)]


def _offer(kind: Kind[Any], worker_id: UUID, chance: random.Random) -> Offer:
    def mostly() -> bool:
        return chance.random() < 0.75

    models = {"image": IMAGE_MODELS, "text": TEXT_MODELS, "interrogation": FORMS}[kind.name]
    abilities = Abilities(
        models=tuple(chance.sample(models, chance.randint(1, 3))),
        bridge_agent=chance.choice(AGENTS),
        max_pixels=chance.choice((64 * 64, 262_144, 768 * 768, 1024 * 1024, 2048 * 2048)),
        nsfw=mostly(),
        blacklist=chance.choice(((), (), ("harbour",))),
        capabilities=tuple(name for name in CAPABILITIES if mostly()) if mostly() else None,
        allow_img2img=mostly(),
        allow_painting=mostly(),
        allow_post_processing=mostly(),
        allow_controlnet=mostly(),
        allow_sdxl_controlnet=mostly(),
        allow_lora=mostly(),
        limit_max_steps=not mostly(),
        extra_slow_worker=not mostly(),
        named_only=not mostly(),
        require_upfront_kudos=not mostly(),
        friends=chance.choice(((), (1,), (2,))),
        max_length=chance.choice((16, 80, 512)),
        max_context_length=chance.choice((1024, 4096)),
        softprompts=chance.choice(((), ("sea",))),
        backend=_some(chance, ("tools", "vision", "grammar", "logprobs"), 4) if mostly() else (),
        max_tiles=chance.choice((0, 1, 4, 80)),
    )
    return make_offer(
        abilities,
        kind=kind,
        worker_id=worker_id,
        owner_id=chance.choice(OWNERS),
        owner_trusted=mostly(),
        speed=chance.choice((0.5, 3.0, 30.0, 2e6)),
        maintenance=not mostly(),
        paused=chance.random() < 0.1,
    )


_numbers = count(1)


def an_entry(kind: Kind[Any], order: Any, *, account_id: int = 1, covered: bool = True) -> Entry[Any]:
    """An open request for it."""
    known = RequestId(UUID(int=next(_numbers)))
    return Entry(
        id=known,
        account_id=account_id,
        order=order,
        requirement=kind.requirement(order),
        key=0.0,
        price_hundredths=1000,
        balance_covers_price=covered,
        created_s=0.0,
        state=RequestState(known, "open", 1, 1, 0, 0, 0, 300, 1e12, 0),
    )
