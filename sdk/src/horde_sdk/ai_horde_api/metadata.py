"""Names of the fields of AI Horde requests that travel in the path or the query."""

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
    invitation_id = auto()
    entry_id = auto()
    ban_id = auto()
    report_id = auto()
    key_id = auto()


_ANY_ID = "00000000-0000-0000-0000-000000000000"

_default_path_values: dict[AIHordePathData, str] = {
    AIHordePathData.id_: _ANY_ID,
    AIHordePathData.user_id: "1",
    AIHordePathData.filter_id: _ANY_ID,
    AIHordePathData.team_id: _ANY_ID,
    AIHordePathData.worker_id: _ANY_ID,
    AIHordePathData.worker_name: "a worker's name",
    AIHordePathData.sharedkey_id: _ANY_ID,
    AIHordePathData.model_name: "a model's name",
    AIHordePathData.ipaddr: "8.8.8.8",
    AIHordePathData.key_id: "1",
    AIHordePathData.message_id: _ANY_ID,
    AIHordePathData.style_id: _ANY_ID,
    AIHordePathData.style_name: "a style's name",
    AIHordePathData.collection_id: _ANY_ID,
    AIHordePathData.collection_name: "a collection's name",
    AIHordePathData.example_id: _ANY_ID,
    AIHordePathData.invitation_id: _ANY_ID,
    AIHordePathData.entry_id: "1",
    AIHordePathData.ban_id: "1",
    AIHordePathData.report_id: "1",
}
"""A value of the right form for each placeholder, for tools that try out every path."""


class AIHordeQueryData(GenericQueryFields):
    """Python name of a field to the name that it has in the query."""

    api_model_state = "model_state"
