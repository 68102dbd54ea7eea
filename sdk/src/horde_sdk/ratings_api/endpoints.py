"""The base URL of the ratings API, and the paths of its endpoints."""

import os

from horde_sdk.generic_api.endpoints import GENERIC_API_ENDPOINT_SUBPATH

RATING_API_BASE_URL = "https://ratings.aihorde.net/api/"
"""The public service."""


class RATING_API_ENDPOINT_SUBPATH(GENERIC_API_ENDPOINT_SUBPATH):
    """Paths of the endpoints, below the base URL."""

    v1_user_check = "/v1/user/check/{user_id}"
    v1_image_ratings = "/v1/image/ratings/{image_id}"
    v1_user_validate = "/v1/user/validate/{user_id}"
    v1_user_ratings = "/v1/user/ratings/"


def ratings_base_url() -> str:
    """Return the base URL that the environment names: `RATINGS_DEV_URL`, else `RATINGS_URL`, else the public one."""
    return os.environ.get("RATINGS_DEV_URL") or os.environ.get("RATINGS_URL") or RATING_API_BASE_URL
