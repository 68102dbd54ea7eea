"""One type for any of the answers that hand out jobs."""

from typing import TypeVar

from horde_sdk.ai_horde_api.apimodels.alchemy.pop import AlchemyJobPopResponse
from horde_sdk.ai_horde_api.apimodels.generate.pop import ImageGenerateJobPopResponse
from horde_sdk.ai_horde_api.apimodels.generate.text.pop import TextGenerateJobPopResponse

JobPopResponseTypeVar = TypeVar(
    "JobPopResponseTypeVar",
    ImageGenerateJobPopResponse,
    TextGenerateJobPopResponse,
    AlchemyJobPopResponse,
)
