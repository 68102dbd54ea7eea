"""The wire shape of `POST /interrogate/async` (alchemy.md §2). Every default is the effective one."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict

from horde_server.dispatch.schemas import Wire
from horde_server.http.examples import EXAMPLE_PICTURE, shown_as
from horde_server.http.wire_types import MOST_INLINE_IMAGE_CHARACTERS, FreeMap, Items, Text, empty
from horde_server.requests.alchemy.vocabulary import FormName

MOST_FORMS = 1000
"""In one body; of those with the same name only the first is kept."""


class InterrogationForm(Wire):
    """What is to be done with the picture; the payload goes to the alchemist as it is."""

    model_config = ConfigDict(title="ModelInterrogationFormStable")

    name: FormName
    payload: Annotated[dict[str, Any], FreeMap()] = empty(dict)


class InterrogationRequest(Wire):
    """The body of `POST /interrogate/async`."""

    model_config = ConfigDict(
        title="ModelInterrogationInputStable",
        extra="allow",
        json_schema_extra={
            "example": {"source_image": EXAMPLE_PICTURE, "forms": [{"name": "palette"}, {"name": "describe"}]}
        },
    )

    source_image: Annotated[str, Text(MOST_INLINE_IMAGE_CHARACTERS), shown_as(EXAMPLE_PICTURE)]
    forms: Annotated[list[InterrogationForm], Items(MOST_FORMS, least=1)]
    slow_workers: bool = True
    trusted_workers: bool = False
    webhook: Annotated[str, Text(1024, least=10)] = ""
