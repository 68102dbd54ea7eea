"""The tools by name: what each takes and gives, as language models read it (JSON Schema 2020-12)."""

from __future__ import annotations

from typing import Any, Final

MOST_PROMPT_CHARACTERS: Final = 8000
MOST_IMAGES: Final = 4
MOST_STOPS: Final = 16
MOST_MESSAGES: Final = 256
MOST_IMAGE_CHARACTERS: Final = 4_000_000
LEAST_SIDE_PIXELS, MOST_SIDE_PIXELS = 64, 3072
LEAST_TOKENS, MOST_TOKENS, USUAL_TOKENS = 16, 4096, 512


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _text(about: str, most: int = 255) -> dict[str, Any]:
    return {"type": "string", "description": about, "maxLength": most}


def _whole(about: str, least: int, most: int, **more: Any) -> dict[str, Any]:
    return {"type": "integer", "description": about, "minimum": least, "maximum": most, **more}


_SIDE = (LEAST_SIDE_PIXELS, MOST_SIDE_PIXELS)
_UNDONE = {"id": {"type": "string"}, "done": {"type": "boolean"}}
"""What is told of a request that goes on."""


def _output(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {**properties, **_UNDONE}}


IMAGES_OUT: Final = _output(
    images={
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "url": {"type": "string"},
                "seed": {"type": "string"},
                "model": {"type": "string"},
                "censored": {"type": "boolean"},
            },
        },
    },
    kudos={"type": "number"},
)
TEXT_OUT: Final = _output(
    text={"type": "string"},
    model={"type": "string"},
    finish_reason={"type": "string"},
    kudos={"type": "number"},
)
FORM_OUT: Final = _output(
    caption={"type": "string"},
    interrogation={"type": "object"},
    nsfw={"type": "boolean"},
)
MODELS_OUT: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "models": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "type": {"type": "string"},
                    "workers": {"type": "integer"},
                    "queued": {"type": "integer"},
                    "eta": {"type": "integer"},
                },
            },
        }
    },
}
_READS: Final = {"readOnlyHint": True}
_MAKES: Final = {"readOnlyHint": False, "destructiveHint": False, "idempotentHint": False, "openWorldHint": True}

TOOLS: Final[tuple[dict[str, Any], ...]] = (
    {
        "name": "describe_image",
        "title": "Describe a picture",
        "description": "Say what a picture shows: a caption, tags with their certainty, or whether it is unsafe.",
        "inputSchema": _object(
            ["image"],
            image=_text("The picture: an http(s) address, a data URL, or base64", MOST_IMAGE_CHARACTERS),
            kind={"type": "string", "enum": ["caption", "interrogation", "nsfw"], "default": "caption"},
        ),
        "outputSchema": FORM_OUT,
        "annotations": _READS,
    },
    {
        "name": "generate_image",
        "title": "Make a picture",
        "description": "Make pictures from words, or from a picture and words. Takes seconds to minutes, in a queue.",
        "inputSchema": _object(
            ["prompt"],
            prompt={**_text("What the picture shows", MOST_PROMPT_CHARACTERS), "minLength": 1},
            negative_prompt=_text("What it must not show", MOST_PROMPT_CHARACTERS),
            model=_text("A name that list_models tells; any when left out"),
            width=_whole("Pixels; the model's own when left out", *_SIDE),
            height=_whole("Pixels; the model's own when left out", *_SIDE),
            n=_whole("How many pictures", 1, MOST_IMAGES, default=1),
            seed=_text("The same seed and words give the same picture", 50),
            source_image=_text("A picture to start from: an address, a data URL, or base64", MOST_IMAGE_CHARACTERS),
            strength={"type": "number", "minimum": 0.01, "maximum": 1, "description": "How much of it may change"},
            transparent={"type": "boolean", "description": "Whether the background is left away"},
        ),
        "outputSchema": IMAGES_OUT,
        "annotations": _MAKES,
    },
    {
        "name": "generate_text",
        "title": "Write a text",
        "description": "Let a language model of this horde go on with a prompt, or answer in a conversation.",
        "inputSchema": {
            **_object(
                [],
                prompt={**_text("A text to go on with", MOST_PROMPT_CHARACTERS), "minLength": 1},
                messages={
                    "type": "array",
                    "minItems": 1,
                    "maxItems": MOST_MESSAGES,
                    "description": "A conversation to answer in, instead of a prompt",
                    "items": _object(
                        ["role", "content"],
                        role={"type": "string", "enum": ["system", "user", "assistant"]},
                        content=_text("What was said", MOST_PROMPT_CHARACTERS),
                    ),
                },
                model=_text("A name that list_models tells; any when left out"),
                max_length=_whole("Tokens at most", LEAST_TOKENS, MOST_TOKENS, default=USUAL_TOKENS),
                temperature={"type": "number", "minimum": 0, "maximum": 5},
                stop={"type": "array", "maxItems": MOST_STOPS, "items": _text("Where the text ends")},
            ),
            "oneOf": [{"required": ["prompt"]}, {"required": ["messages"]}],
        },
        "outputSchema": TEXT_OUT,
        "annotations": _MAKES,
    },
    {
        "name": "get_result",
        "title": "Fetch what was not finished",
        "description": "Wait again for a request that another tool has started and that was not finished in time.",
        "inputSchema": _object(["id"], id={"type": "string", "format": "uuid", "description": "Of the request"}),
        "outputSchema": {
            "type": "object",
            "properties": {
                **IMAGES_OUT["properties"],
                **TEXT_OUT["properties"],
                **FORM_OUT["properties"],
            },
        },
        "annotations": _READS,
    },
    {
        "name": "list_models",
        "title": "List the models",
        "description": "The models that somebody serves now, with how many wait for each and how long that takes.",
        "inputSchema": _object([], type={"type": "string", "enum": ["text", "image", "all"], "default": "all"}),
        "outputSchema": MODELS_OUT,
        "annotations": _READS,
    },
)
"""Sorted by name."""
