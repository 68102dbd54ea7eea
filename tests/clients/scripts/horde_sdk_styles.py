"""Runs with a published horde_sdk: makes, shows and uses styles and a collection, and tells what it got as JSON.

The key of a trusted account is the first argument.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from horde_sdk import RequestErrorResponse
from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPIManualClient
from horde_sdk.ai_horde_api.apimodels import ImageGenerateAsyncRequest
from horde_sdk.ai_horde_api.apimodels.collections import (
    AllCollectionsRequest,
    CollectionByIDRequest,
    CreateCollectionRequest,
    DeleteCollectionRequest,
)
from horde_sdk.ai_horde_api.apimodels.styles import (
    AllStylesImageRequest,
    CreateStyleImageRequest,
    CreateStyleTextRequest,
    DeleteStyleImageRequest,
    ModelStyleInputParamsKobold,
    ModelStyleInputParamsStable,
    ModifyStyleImageRequest,
    SingleStyleImageByIDRequest,
    SingleStyleImageByNameRequest,
    SingleStyleTextByNameRequest,
    StyleImageExampleAddRequest,
)

KEY = sys.argv[1]
client = AIHordeAPIManualClient()


def ask(request: Any) -> Any:
    """The answer, which must be none of the errors."""
    expected = request.get_default_success_response_type()
    answer = client.submit_request(request, expected)
    assert not isinstance(answer, RequestErrorResponse), answer
    return answer


def main() -> dict[str, Any]:
    """All of it, in an order that leaves nothing behind but the text style."""
    image = ask(
        CreateStyleImageRequest(
            apikey=KEY,
            name="published oil",
            info="Made by a published client.",
            prompt="{p}, in oil###{np}, photograph",
            params=ModelStyleInputParamsStable(steps=8, width=256, height=256),
            models=["Deliberate"],
            tags=["paint"],
        )
    )
    ask(
        ModifyStyleImageRequest(  # its model asks for all of these
            apikey=KEY,
            style_id=image.id_,
            name="published oil",
            prompt="{p}, in oil###{np}, photograph",
            params=ModelStyleInputParamsStable(steps=8, width=256, height=256),
            models=["Deliberate"],
            sharedkey=None,
        )
    )
    ask(StyleImageExampleAddRequest(apikey=KEY, style_id=image.id_, url="https://example.org/1.webp", primary=False))
    by_id = ask(SingleStyleImageByIDRequest(style_id=image.id_))
    by_name = ask(SingleStyleImageByNameRequest(style_name="published oil"))
    listed = ask(AllStylesImageRequest(tag="paint"))
    ask(
        CreateStyleTextRequest(
            apikey=KEY,
            name="published rhymes",
            prompt="A poem about {p}:",
            models=["x"],
            params=ModelStyleInputParamsKobold(),
        )
    )
    text = ask(SingleStyleTextByNameRequest(style_name="published rhymes"))
    collection = ask(CreateCollectionRequest(apikey=KEY, name="published paints", styles=["published oil"]))
    found = ask(CollectionByIDRequest(collection_id=collection.id_))
    collections = ask(AllCollectionsRequest())
    asked = ask(
        ImageGenerateAsyncRequest(apikey=KEY, prompt="a sea", models=["Dreamshaper"], style=found.styles[0].name)
    )
    ask(DeleteCollectionRequest(apikey=KEY, collection_id=collection.id_))
    ask(DeleteStyleImageRequest(apikey=KEY, style_id=image.id_))
    return {
        "same": by_id.id_ == by_name.id_ == image.id_,
        "prompt": by_id.prompt,
        "tags": by_id.tags,
        "steps": by_id.params.steps,
        "examples": [[example.url, example.primary] for example in by_id.examples],
        "listed": [style.name for style in listed.root],
        "text": text.prompt,
        "collection": [style.name for style in found.styles],
        "collections": [each.name for each in collections.root],
        "asked": asked.id_,
    }


if __name__ == "__main__":
    print(json.dumps(main(), default=str))
