"""Names of the fields of ratings requests that travel in the path or the query."""

from enum import auto

from horde_sdk.generic_api.metadata import GenericPathFields, GenericQueryFields


class RatingsAPIPathFields(GenericPathFields):
    """Fields that fill a placeholder of the path."""

    user_id = auto()
    image_id = auto()
    dataset_id = auto()
    filename = auto()


class RatingsAPIQueryFields(GenericQueryFields):
    """Fields sent in the query."""

    rating = auto()
    rating_comparison = auto()
    artifacts = auto()
    artifacts_comparison = auto()
    min_ratings = auto()
    format = auto()  # type: ignore[assignment]  # the name is the API's; `str.format` is not missed here
    minutes = auto()
    limit = auto()
    offset = auto()
    divergence = auto()
    client_agent = auto()
