"""Where this server and the original's document (contract/data/swagger.json) differ, each with the reason."""

from __future__ import annotations

from typing import Final

NOT_BUILT: Final[frozenset[str]] = frozenset()
"""Operations that are not there yet. Who builds one takes it out: an entry that exists fails the tests."""

NOT_TOLD_YET: Final[dict[str, str]] = {}
"""Fields of answers, with all below them, by operation and path. Who builds one takes it out, likewise."""

REFUSED: Final = {
    "POST /v2/generate/rate/{id}": ("AestheticsNotPublic", "no request is rated here, not even one that is shared"),
}
"""Operations that are never answered well: by what code, and why."""

OTHER_STATUS: Final = {
    "PUT /v2/filters": (200, "the original answers 200, whatever its document says"),
}
"""The status of a good answer."""

_USERS: Final = ("GET /v2/find_user", "GET /v2/users/{user_id}")
NEVER_TOLD: Final = {
    **{f"{name} proxy_passkey": "a secret, told once, when it is made" for name in _USERS},
    **{
        f"{name} {field}": "obsolete: null here as on the original"
        for name in _USERS
        for field in (
            "usage.megapixelsteps", "usage.requests", "contributions.megapixelsteps", "contributions.fulfillments",
        )
    },
    **{f"{name} active_generations.alchemy": "never filled on the original" for name in _USERS},
    **{
        f"GET /v2/users [].{field}": "null or empty in lists: they are told of one user, to whom they concern"
        for field in (
            "active_generations", "admin_comment", "contact", "evaluating_kudos", "monthly_kudos", "proxy_passkey",
            "sharedkey_ids", "special", "suspicious", "vpn",
        )
    },
    **{
        f"GET /v2/users [].{field}": "obsolete: null here as on the original"
        for field in (
            "usage.megapixelsteps", "usage.requests", "contributions.megapixelsteps", "contributions.fulfillments",
        )
    },
    **{
        f"GET /v2/find_user {field}": "for moderators, who look at users/{user_id}"
        for field in ("admin_comment", "evaluating_kudos", "monthly_kudos", "suspicious")
    },
    **{
        f"POST /v2/interrogate/pop skipped.{reason}": "no form can be for certain workers, trusted ones or a version"
        for reason in ("worker_id", "untrusted", "bridge_version")
    },
    **{
        f"GET /v2/styles/image{place} {field}": "the key itself, which only `shared_key` tells, and only its owner"
        for place, field in (("", "[].sharedkey"), ("/{style_id}", "sharedkey"), ("_by_name/{style_name}", "sharedkey"))
    },
    **{
        f"{name} warnings": "there is nothing to warn of; the original sends one of nulls, or none"
        for name in (
            "POST /v2/styles/image/{style_id}/example", "PATCH /v2/styles/image/{style_id}/example/{example_id}",
            "POST /v2/styles/text", "PATCH /v2/styles/text/{style_id}", "POST /v2/collections",
            "PATCH /v2/collections/{collection_id}",
        )
    },
    **{
        f"GET /v2/workers{place} {item}messages[].worker_id": "they stand in the worker that they are for"
        for place, item in (("", "[]."), ("/{worker_id}", ""), ("/name/{worker_name}", ""))
    },
    "GET /v2/filters/{filter_id} []": "one filter, as the original answers; its document has a list",
    "POST /v2/generate/pop payload.seed_variation": "the seed of a hand-out is worked out by the horde",
    "POST /v2/generate/text/pop extra_source_images": "texts have no source images",
    "POST /v2/generate/text/pop skipped.blacklist": "text workers have no list of words",
    "POST /v2/generate/text/pop skipped.nsfw": "texts are not marked",
}  # fmt: skip
"""Fields of answers, with all below them, that this server does not have or never fills."""

OTHER_TYPES: Final = {
    **{
        f"{name} {field}": "a date, as the pop tells it; the document has the hours that were asked for"
        for name, field in (
            ("GET /v2/workers/messages", "[].expiry"),
            ("POST /v2/workers/messages", "expiry"),
            ("GET /v2/workers/messages/{message_id}", "expiry"),
            ("GET /v2/workers", "[].messages[].expiry"),
            ("GET /v2/workers/{worker_id}", "messages[].expiry"),
            ("GET /v2/workers/name/{worker_name}", "messages[].expiry"),
        )
    },
}
"""Fields of answers that are of another type."""

OTHER_FIELDS: Final = {
    "PUT /v2/users/{user_id} filtered": "the original ignores it",
    "POST /v2/interrogate/submit result": "an object, as workers send it; the document has a text",
}
"""Fields of bodies that are missing or of another type."""


def is_listed(table: dict[str, str], operation: str, path: str) -> bool:
    """Whether a field, or one above it, stands in a table."""
    return any(
        path == listed or path.startswith((f"{listed}.", f"{listed}["))
        for name, _, listed in (entry.rpartition(" ") for entry in table)
        if name == operation
    )
