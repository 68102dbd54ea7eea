"""The path of `horde_sdk.ai_horde_api.apimodels.alchemy.pop` in releases 0.17 and 0.18."""

from horde_sdk.ai_horde_api.apimodels.alchemy.pop import (
    AlchemyFormPayloadStable,
    AlchemyJobPopResponse,
    AlchemyPopFormPayload,
    AlchemyPopRequest,
    AlchemyPopResponse,
    NoValidAlchemyFound,
)

__all__ = [
    "AlchemyFormPayloadStable",
    "AlchemyJobPopResponse",
    "AlchemyPopFormPayload",
    "AlchemyPopRequest",
    "AlchemyPopResponse",
    "NoValidAlchemyFound",
]
