"""Where this server and the original's document (contract/data/swagger.json) differ, each with the reason."""

from __future__ import annotations

from typing import Final

NOT_BUILT: Final = {
    "GET /v2/collection_by_name/{collection_name}",
    "GET /v2/collections",
    "POST /v2/collections",
    "DELETE /v2/collections/{collection_id}",
    "GET /v2/collections/{collection_id}",
    "PATCH /v2/collections/{collection_id}",
    "GET /v2/documents/privacy",
    "GET /v2/documents/sponsors",
    "GET /v2/documents/terms",
    "PUT /v2/sharedkeys",
    "DELETE /v2/sharedkeys/{sharedkey_id}",
    "GET /v2/sharedkeys/{sharedkey_id}",
    "PATCH /v2/sharedkeys/{sharedkey_id}",
    "GET /v2/stats/img/models",
    "GET /v2/stats/img/totals",
    "GET /v2/stats/text/models",
    "GET /v2/stats/text/totals",
    "GET /v2/status/news",
    "GET /v2/styles/image",
    "POST /v2/styles/image",
    "DELETE /v2/styles/image/{style_id}",
    "GET /v2/styles/image/{style_id}",
    "PATCH /v2/styles/image/{style_id}",
    "POST /v2/styles/image/{style_id}/example",
    "DELETE /v2/styles/image/{style_id}/example/{example_id}",
    "PATCH /v2/styles/image/{style_id}/example/{example_id}",
    "GET /v2/styles/image_by_name/{style_name}",
    "GET /v2/styles/text",
    "POST /v2/styles/text",
    "DELETE /v2/styles/text/{style_id}",
    "GET /v2/styles/text/{style_id}",
    "PATCH /v2/styles/text/{style_id}",
    "GET /v2/styles/text_by_name/{style_name}",
    "GET /v2/teams",
    "POST /v2/teams",
    "DELETE /v2/teams/{team_id}",
    "GET /v2/teams/{team_id}",
    "PATCH /v2/teams/{team_id}",
    "GET /v2/users",
    "DELETE /v2/users/{user_id}",
    "GET /v2/workers/messages",
    "POST /v2/workers/messages",
    "DELETE /v2/workers/messages/{message_id}",
    "GET /v2/workers/messages/{message_id}",
}
"""Operations that are not there yet. Who builds one takes it out: an entry that exists fails the tests."""

NOT_TOLD_YET: Final = {
    **{
        f"GET /v2/{place} {field}": why
        for place in ("find_user", "users/{user_id}")
        for field, why in (
            ("styles", "styles are not built"),
            ("records.style.interrogation", "styles are not built"),
            ("sharedkey_ids", "shared keys are not built"),
        )
    },
    **{
        f"GET /v2/workers{place} {field}": "neither teams nor messages are built"
        for place, item in (("", "[]."), ("/{worker_id}", ""), ("/name/{worker_name}", ""))
        for field in (f"{item}messages", f"{item}team.id", f"{item}team.name")
    },
    **{f"POST /v2/generate/{kind}pop messages": "messages are not built" for kind in ("", "text/")},
    "PUT /v2/workers/{worker_id} team": "teams are not built",
}
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
        f"GET /v2/find_user {field}": "for moderators, who look at users/{user_id}"
        for field in ("admin_comment", "evaluating_kudos", "monthly_kudos", "suspicious")
    },
    **{
        f"POST /v2/interrogate/pop skipped.{reason}": "no form can be for certain workers, trusted ones or a version"
        for reason in ("worker_id", "untrusted", "bridge_version")
    },
    "GET /v2/filters/{filter_id} []": "one filter, as the original answers; its document has a list",
    "POST /v2/generate/pop payload.seed_variation": "the seed of a hand-out is worked out by the horde",
    "POST /v2/generate/text/pop extra_source_images": "texts have no source images",
    "POST /v2/generate/text/pop skipped.blacklist": "text workers have no list of words",
    "POST /v2/generate/text/pop skipped.nsfw": "texts are not marked",
}  # fmt: skip
"""Fields of answers, with all below them, that this server does not have or never fills."""

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
