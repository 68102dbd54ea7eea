"""Which fields of AI Horde requests fill the path or the query."""

from enum import auto

from horde_sdk.generic_api.metadata import GenericPathFields, GenericQueryFields


class AIHordePathData(GenericPathFields):
    """Python name of a field to the placeholder that it fills."""

    id_ = "id"
    user_id = auto()
    filter_id = auto()
    team_id = auto()
    worker_id = auto()
    worker_name = auto()
    sharedkey_id = auto()
    model_name = auto()
    ipaddr = auto()
    message_id = auto()
    style_id = auto()
    style_name = auto()
    collection_id = auto()
    collection_name = auto()
    example_id = auto()


class AIHordeQueryData(GenericQueryFields):
    """Python name of a field to the name that it has in the query."""

    api_model_state = "model_state"
