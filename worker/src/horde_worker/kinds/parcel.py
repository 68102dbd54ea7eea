"""A result as it is delivered: all that a horde is told of it, apart from the job, so that it can wait in a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from horde_sdk.generic_api.apimodels import HordeRequest

RequestT = TypeVar("RequestT", bound=HordeRequest)


@dataclass(frozen=True, slots=True)
class Parcel:
    """The result of one job id, packed. `submit` is the body of the submit; neither key nor prompt is in it."""

    job_id: str
    submit: Mapping[str, Any]
    picture: bytes = b""  # WebP, uploaded before the submit; none: the submit says it all
    upload_url: str = ""


class Undeliverable(Exception):
    """A result that cannot be delivered, now or later; the horde has been told."""


def as_json(request: HordeRequest) -> dict[str, Any]:
    """What the body of a request says."""
    return request.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)


def as_request(submit: Mapping[str, Any], of: type[RequestT]) -> RequestT:
    """The request again. Raises `pydantic.ValidationError` for what was never one."""
    return of.model_validate(dict(submit))
