"""What the API's page says before its operations, and under which headings they stand."""

from __future__ import annotations

DESCRIPTION = """Ask this horde for images, texts and alchemy, or serve it as a worker.

Press *Authorize* and give your API key; without one you are anonymous, and your key is `0000000000`. To get an image:
`POST /v2/generate/async` with a prompt answers an `id`; look at `GET /v2/generate/check/{id}` until it is `done`, then
fetch `GET /v2/generate/status/{id}`. A refusal says in `message` what to do, and in `rc` or `errors` what was wrong.
"""

HEADINGS = (
    ("/api/v2/generate/text/pop", "workers", "Serve the horde"),
    ("/api/v2/generate/text/submit", "workers", ""),
    ("/api/v2/generate/pop", "workers", ""),
    ("/api/v2/generate/submit", "workers", ""),
    ("/api/v2/interrogate/pop", "workers", ""),
    ("/api/v2/interrogate/submit", "workers", ""),
    ("/api/v2/workers", "workers", ""),
    ("/api/v2/generate/text", "texts", "Ask for texts"),
    ("/api/v2/generate", "images", "Ask for images"),
    ("/api/v2/interrogate", "alchemy", "Ask for alchemy: what a picture shows, or another picture of it"),
    ("/api/v2/styles", "styles", "Styles: prompts, models and parameters under one name"),
    ("/api/v2/collections", "styles", ""),
    ("/api/v2/collection_by_name", "styles", ""),
    ("/api/v2/status", "status", "How the horde is doing"),
    ("/api/v2/filters", "moderation", "Keep the horde in order"),
    ("/api/v2/operations", "moderation", ""),
    ("/api/v2", "accounts", "Accounts and kudos"),
)
"""The beginning of a path, its heading, and what is said of the heading; the first that fits counts."""
ORDER = ("images", "texts", "alchemy", "styles", "workers", "accounts", "status", "moderation")


def heading(path: str) -> str:
    """Under which heading the operations of a path stand."""
    return next(name for start, name, _ in HEADINGS if path == start or path.startswith(f"{start}/"))


def headings() -> list[dict[str, str]]:
    """The headings in their order, as documents list them."""
    said = {name: description for _, name, description in HEADINGS if description}
    return [{"name": name, "description": said[name]} for name in ORDER]
