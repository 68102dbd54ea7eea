"""What a requester seems to have overlooked; told with the 202, as the request can be served all the same."""

from __future__ import annotations

from horde_server.http.unknown_fields import slips
from horde_server.requests.image.schemas import ImageRequest

SOURCE_MISSING_CODE = "SourceImageMissing"
SEED_IS_TEXT_CODE = "SeedIsText"
"""Other programs mean any by -1."""


def oversights(body: ImageRequest) -> dict[str, str]:
    """Sentences by code."""
    found = slips(body, body.params)
    if "source_processing" in body.model_fields_set and not body.source_image and not body.extra_source_images:
        found[SOURCE_MISSING_CODE] = (
            f"source_processing is {body.source_processing}, but there is no source_image: "
            "the image is made of the prompt alone."
        )
    if body.params.seed.startswith("-"):
        found[SEED_IS_TEXT_CODE] = (
            f"The seed {body.params.seed[:20]!r} is taken as text, which always gives the same pictures: "
            "leave seed out for others each time."
        )
    return found
