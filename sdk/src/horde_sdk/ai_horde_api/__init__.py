"""The AI Horde API: clients, and the names that programs use most."""

from typing import TYPE_CHECKING

from horde_sdk._lazy_exports import lazy_exports

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.ai_horde_clients import (
        AIHordeAPIAsyncClientSession as AIHordeAPIAsyncClientSession,
        AIHordeAPIAsyncManualClient as AIHordeAPIAsyncManualClient,
        AIHordeAPIAsyncSimpleClient as AIHordeAPIAsyncSimpleClient,
        AIHordeAPIClientSession as AIHordeAPIClientSession,
        AIHordeAPIManualClient as AIHordeAPIManualClient,
        AIHordeAPISimpleClient as AIHordeAPISimpleClient,
        download_image_from_generation as download_image_from_generation,
    )
    from horde_sdk.ai_horde_api.consts import (
        ALCHEMY_FORMS as ALCHEMY_FORMS,
        GENERATION_MAX_LIFE as GENERATION_MAX_LIFE,
        GENERATION_STATE as GENERATION_STATE,
        KNOWN_SAMPLERS as KNOWN_SAMPLERS,
        KNOWN_SOURCE_PROCESSING as KNOWN_SOURCE_PROCESSING,
        WORKER_TYPE as WORKER_TYPE,
    )
    from horde_sdk.ai_horde_api.endpoints import (
        AI_HORDE_API_ENDPOINT_SUBPATH as AI_HORDE_API_ENDPOINT_SUBPATH,
        AI_HORDE_BASE_URL as AI_HORDE_BASE_URL,
    )
    from horde_sdk.ai_horde_api.exceptions import (
        AIHordeGenerationTimedOutError as AIHordeGenerationTimedOutError,
        AIHordeImageValidationError as AIHordeImageValidationError,
        AIHordeRequestError as AIHordeRequestError,
        AIHordeServerException as AIHordeServerException,
        PayloadValidationError as PayloadValidationError,
    )
    from horde_sdk.ai_horde_api.fields import (
        GenerationID as GenerationID,
        ImageID as ImageID,
        JobID as JobID,
        TeamID as TeamID,
        WorkerID as WorkerID,
    )
    from horde_sdk.generation_parameters.alchemy.consts import (
        KNOWN_ALCHEMY_FORMS as KNOWN_ALCHEMY_FORMS,
    )
    from horde_sdk.generation_parameters.image.consts import (
        KNOWN_IMAGE_SAMPLERS as KNOWN_IMAGE_SAMPLERS,
        KNOWN_IMAGE_SOURCE_PROCESSING as KNOWN_IMAGE_SOURCE_PROCESSING,
    )

__all__, __getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "horde_sdk.ai_horde_api.ai_horde_clients": (
            "AIHordeAPIAsyncClientSession",
            "AIHordeAPIAsyncManualClient",
            "AIHordeAPIAsyncSimpleClient",
            "AIHordeAPIClientSession",
            "AIHordeAPIManualClient",
            "AIHordeAPISimpleClient",
            "download_image_from_generation",
        ),
        "horde_sdk.ai_horde_api.consts": (
            "ALCHEMY_FORMS",
            "GENERATION_MAX_LIFE",
            "GENERATION_STATE",
            "KNOWN_SAMPLERS",
            "KNOWN_SOURCE_PROCESSING",
            "WORKER_TYPE",
        ),
        "horde_sdk.ai_horde_api.endpoints": (
            "AI_HORDE_API_ENDPOINT_SUBPATH",
            "AI_HORDE_BASE_URL",
        ),
        "horde_sdk.ai_horde_api.exceptions": (
            "AIHordeGenerationTimedOutError",
            "AIHordeImageValidationError",
            "AIHordeRequestError",
            "AIHordeServerException",
            "PayloadValidationError",
        ),
        "horde_sdk.ai_horde_api.fields": (
            "GenerationID",
            "ImageID",
            "JobID",
            "TeamID",
            "WorkerID",
        ),
        "horde_sdk.generation_parameters.alchemy.consts": ("KNOWN_ALCHEMY_FORMS",),
        "horde_sdk.generation_parameters.image.consts": (
            "KNOWN_IMAGE_SAMPLERS",
            "KNOWN_IMAGE_SOURCE_PROCESSING",
        ),
    },
)
