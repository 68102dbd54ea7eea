"""The base URL of the AI Horde API, and the paths of its endpoints."""

import os
import re
from urllib.parse import urlsplit

from horde_sdk.generic_api.endpoints import GENERIC_API_ENDPOINT_SUBPATH, url_with_path

PUBLIC_BASE_URL = "https://aihorde.net/api/"


def base_url_of(url: str) -> str:
    """Return the base URL of the API for what a user calls the horde's URL.

    A URL without a path means the whole horde, so that `http://localhost:7001` becomes `http://localhost:7001/api/`.
    What documentation and browsers put behind the API's own path is left out: the version and the path of a call, the
    name of the API's document, a query. Any other path is kept. The result ends in a slash.

    Raises:
        ValueError: Neither http nor https.
    """
    parts = urlsplit(url.strip())
    path = re.sub(r"/(v2(/.*)?|swagger\.json)$", "", parts.path.rstrip("/"))
    base_url = parts._replace(path=path, query="", fragment="").geturl()
    return url_with_path(base_url=base_url, path="" if path.strip("/") else "api/").rstrip("/") + "/"


def ai_horde_base_url() -> str:
    """Return the base URL that the environment names: `AI_HORDE_DEV_URL`, else `AI_HORDE_URL`, else the public one."""
    return base_url_of(os.environ.get("AI_HORDE_DEV_URL") or os.environ.get("AI_HORDE_URL") or PUBLIC_BASE_URL)


class AI_HORDE_API_ENDPOINT_SUBPATH(GENERIC_API_ENDPOINT_SUBPATH):
    """Paths of the endpoints, below the base URL."""

    swagger = "/swagger.json"
    v2_stats_img_models = "/v2/stats/img/models"
    v2_stats_img_totals = "/v2/stats/img/totals"
    v2_stats_text_models = "/v2/stats/text/models"
    v2_stats_text_totals = "/v2/stats/text/totals"
    v2_generate_async = "/v2/generate/async"
    v2_generate_pop = "/v2/generate/pop"
    v2_generate_pop_multi = "/v2/generate/pop_multi"
    v2_generate_submit = "/v2/generate/submit"
    v2_generate_check = "/v2/generate/check/{id}"
    v2_generate_status = "/v2/generate/status/{id}"
    v2_generate_text_async = "/v2/generate/text/async"
    v2_generate_text_submit = "/v2/generate/text/submit"
    v2_generate_text_pop = "/v2/generate/text/pop"
    v2_generate_text_status = "/v2/generate/text/status/{id}"
    v2_generate_rate_id = "/v2/generate/rate/{id}"
    v2_interrogate_async = "/v2/interrogate/async"
    v2_interrogate_status = "/v2/interrogate/status/{id}"
    v2_interrogate_pop = "/v2/interrogate/pop"
    v2_interrogate_submit = "/v2/interrogate/submit"
    v2_kudos_award = "/v2/kudos/award"
    v2_kudos_transfer = "/v2/kudos/transfer"
    v2_sharedkeys_create = "/v2/sharedkeys"
    v2_sharedkeys = "/v2/sharedkeys/{sharedkey_id}"
    v2_status_heartbeat = "/v2/status/heartbeat"
    v2_status_modes = "/v2/status/modes"
    v2_status_news = "/v2/status/news"
    v2_status_models_all = "/v2/status/models"
    v2_status_models_single = "/v2/status/models/{model_name}"
    v2_status_performance = "/v2/status/performance"
    v2_teams_all = "/v2/teams"
    v2_teams_single = "/v2/teams/{team_id}"
    v2_find_user = "/v2/find_user"
    v2_users_all = "/v2/users"
    v2_users_single = "/v2/users/{user_id}"
    v2_workers_all = "/v2/workers"
    v2_workers_single = "/v2/workers/{worker_id}"
    v2_workers_single_name = "/v2/workers/name/{worker_name}"
    v2_filters = "/v2/filters"
    v2_filters_regex = "/v2/filters/regex"
    v2_filters_regex_single = "/v2/filters/{filter_id}"
    v2_operations_block_worker_ipaddr_single = "/v2/operations/block_worker_ipaddr/{worker_id}"
    v2_operations_ipaddr = "/v2/operations/ipaddr"
    v2_operations_ipaddr_single = "/v2/operations/ipaddr/{ipaddr}"
    v2_documents_privacy = "/v2/documents/privacy"
    v2_documents_sponsors = "/v2/documents/sponsors"
    v2_documents_terms = "/v2/documents/terms"
    v2_collections = "/v2/collections"
    v2_collections_by_name = "/v2/collection_by_name/{collection_name}"
    v2_collections_by_id = "/v2/collections/{collection_id}"
    v2_styles_image = "/v2/styles/image"
    v2_styles_image_by_id = "/v2/styles/image/{style_id}"
    v2_styles_image_by_name = "/v2/styles/image_by_name/{style_name}"
    v2_styles_image_example_by_style_id = "/v2/styles/image/{style_id}/example"
    v2_styles_image_example_by_style_id_example_id = "/v2/styles/image/{style_id}/example/{example_id}"
    v2_styles_text = "/v2/styles/text"
    v2_styles_text_by_id = "/v2/styles/text/{style_id}"
    v2_styles_text_by_name = "/v2/styles/text_by_name/{style_name}"
    v2_workers_messages = "/v2/workers/messages"
    v2_workers_messages_single = "/v2/workers/messages/{message_id}"


def get_ai_horde_swagger_url() -> str:
    """Return the URL of the API's own document."""
    return url_with_path(base_url=ai_horde_base_url(), path=AI_HORDE_API_ENDPOINT_SUBPATH.swagger)


def get_admin_only_endpoints() -> set[str]:
    """Return the paths that only moderators and admins may use."""
    paths = AI_HORDE_API_ENDPOINT_SUBPATH
    return {
        paths.v2_status_modes,
        paths.v2_filters,
        paths.v2_filters_regex,
        paths.v2_filters_regex_single,
        paths.v2_operations_block_worker_ipaddr_single,
        paths.v2_operations_ipaddr,
        paths.v2_operations_ipaddr_single,
        paths.v2_kudos_award,
    }


def get_deprecated_endpoints() -> set[str]:
    """Return the paths that new programs should not use."""
    return {AI_HORDE_API_ENDPOINT_SUBPATH.v2_generate_pop_multi, AI_HORDE_API_ENDPOINT_SUBPATH.v2_generate_rate_id}


def __getattr__(name: str) -> str:
    # Read when asked for, not at import: a program may set the environment after importing this.
    if name == "AI_HORDE_BASE_URL":
        return ai_horde_base_url()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
