"""The requests and responses of the AI Horde API, each imported when first used."""

from typing import TYPE_CHECKING

from horde_sdk._lazy_exports import lazy_exports

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.apimodels.base import (
        ActiveModel as ActiveModel,
        ActiveModelLite as ActiveModelLite,
        BaseAIHordeRequest as BaseAIHordeRequest,
        ExtraSourceImageEntry as ExtraSourceImageEntry,
        ExtraTextEntry as ExtraTextEntry,
        GenMetadataEntry as GenMetadataEntry,
        ImageGenerateParamMixin as ImageGenerateParamMixin,
        JobRequestMixin as JobRequestMixin,
        JobResponseMixin as JobResponseMixin,
        JobSubmitResponse as JobSubmitResponse,
        LorasPayloadEntry as LorasPayloadEntry,
        MessageSpecifiesSharedKeyMixin as MessageSpecifiesSharedKeyMixin,
        SingleWarningEntry as SingleWarningEntry,
        TIPayloadEntry as TIPayloadEntry,
        WorkerRequestMixin as WorkerRequestMixin,
        WorkerRequestNameMixin as WorkerRequestNameMixin,
    )
    from horde_sdk.ai_horde_api.apimodels.find_user import (
        FindUserRequest as FindUserRequest,
    )
    from horde_sdk.ai_horde_api.apimodels.generate._async import (
        ImageGenerateAsyncDryRunResponse as ImageGenerateAsyncDryRunResponse,
        ImageGenerateAsyncRequest as ImageGenerateAsyncRequest,
        ImageGenerateAsyncResponse as ImageGenerateAsyncResponse,
        ImageGenerationInputPayload as ImageGenerationInputPayload,
    )
    from horde_sdk.ai_horde_api.apimodels.generate.check import (
        ImageGenerateCheckRequest as ImageGenerateCheckRequest,
        ImageGenerateCheckResponse as ImageGenerateCheckResponse,
    )
    from horde_sdk.ai_horde_api.apimodels.generate.pop import (
        ImageGenerateJobPopPayload as ImageGenerateJobPopPayload,
        ImageGenerateJobPopRequest as ImageGenerateJobPopRequest,
        ImageGenerateJobPopResponse as ImageGenerateJobPopResponse,
        ImageGenerateJobPopSkippedStatus as ImageGenerateJobPopSkippedStatus,
        NoValidRequestFound as NoValidRequestFound,
        PopInput as PopInput,
        PopResponseModelMessage as PopResponseModelMessage,
    )
    from horde_sdk.ai_horde_api.apimodels.generate.pop_downloads import (
        ExtraSourceImageMixin as ExtraSourceImageMixin,
    )
    from horde_sdk.ai_horde_api.apimodels.generate.progress import (
        ResponseGenerationProgressCombinedMixin as ResponseGenerationProgressCombinedMixin,
        ResponseGenerationProgressInfoMixin as ResponseGenerationProgressInfoMixin,
    )
    from horde_sdk.ai_horde_api.apimodels.generate.status import (
        DeleteImageGenerateRequest as DeleteImageGenerateRequest,
        Generation as Generation,
        ImageGenerateStatusRequest as ImageGenerateStatusRequest,
        ImageGenerateStatusResponse as ImageGenerateStatusResponse,
        ImageGeneration as ImageGeneration,
    )
    from horde_sdk.ai_horde_api.apimodels.generate.submit import (
        ImageGenerationJobSubmitRequest as ImageGenerationJobSubmitRequest,
    )
    from horde_sdk.ai_horde_api.apimodels.status import (
        AIHordeHeartbeatRequest as AIHordeHeartbeatRequest,
        AIHordeHeartbeatResponse as AIHordeHeartbeatResponse,
        HordeModes as HordeModes,
        HordePerformanceRequest as HordePerformanceRequest,
        HordePerformanceResponse as HordePerformanceResponse,
        HordeStatusModelsAllRequest as HordeStatusModelsAllRequest,
        HordeStatusModelsAllResponse as HordeStatusModelsAllResponse,
        HordeStatusModelsSingleRequest as HordeStatusModelsSingleRequest,
        HordeStatusModelsSingleResponse as HordeStatusModelsSingleResponse,
    )
    from horde_sdk.ai_horde_api.apimodels.users import (
        ActiveGenerations as ActiveGenerations,
        ContributionsDetails as ContributionsDetails,
        MonthlyKudos as MonthlyKudos,
        SingleUserDetailsRequest as SingleUserDetailsRequest,
        UsageDetails as UsageDetails,
        UserAmountRecords as UserAmountRecords,
        UserDetailsResponse as UserDetailsResponse,
        UserKudosDetails as UserKudosDetails,
        UserRecords as UserRecords,
        UserThingRecords as UserThingRecords,
    )
    from horde_sdk.ai_horde_api.apimodels.workers.workers import (
        AllWorkersDetailsRequest as AllWorkersDetailsRequest,
        AllWorkersDetailsResponse as AllWorkersDetailsResponse,
        SingleWorkerDetailsRequest as SingleWorkerDetailsRequest,
        SingleWorkerDetailsResponse as SingleWorkerDetailsResponse,
        SingleWorkerNameDetailsRequest as SingleWorkerNameDetailsRequest,
        TeamDetailsLite as TeamDetailsLite,
        WorkerDetailItem as WorkerDetailItem,
        WorkerDetailLite as WorkerDetailLite,
        WorkerKudosDetails as WorkerKudosDetails,
    )
    from horde_sdk.generation_parameters.alchemy.consts import (
        KNOWN_ALCHEMY_TYPES as KNOWN_ALCHEMY_TYPES,
    )

__all__, __getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "horde_sdk.ai_horde_api.apimodels.base": (
            "ActiveModel",
            "ActiveModelLite",
            "BaseAIHordeRequest",
            "ExtraSourceImageEntry",
            "ExtraTextEntry",
            "GenMetadataEntry",
            "ImageGenerateParamMixin",
            "JobRequestMixin",
            "JobResponseMixin",
            "JobSubmitResponse",
            "LorasPayloadEntry",
            "MessageSpecifiesSharedKeyMixin",
            "SingleWarningEntry",
            "TIPayloadEntry",
            "WorkerRequestMixin",
            "WorkerRequestNameMixin",
        ),
        "horde_sdk.ai_horde_api.apimodels.find_user": ("FindUserRequest",),
        "horde_sdk.ai_horde_api.apimodels.generate._async": (
            "ImageGenerateAsyncDryRunResponse",
            "ImageGenerateAsyncRequest",
            "ImageGenerateAsyncResponse",
            "ImageGenerationInputPayload",
        ),
        "horde_sdk.ai_horde_api.apimodels.generate.check": (
            "ImageGenerateCheckRequest",
            "ImageGenerateCheckResponse",
        ),
        "horde_sdk.ai_horde_api.apimodels.generate.pop": (
            "ImageGenerateJobPopPayload",
            "ImageGenerateJobPopRequest",
            "ImageGenerateJobPopResponse",
            "ImageGenerateJobPopSkippedStatus",
            "NoValidRequestFound",
            "PopInput",
            "PopResponseModelMessage",
        ),
        "horde_sdk.ai_horde_api.apimodels.generate.pop_downloads": ("ExtraSourceImageMixin",),
        "horde_sdk.ai_horde_api.apimodels.generate.progress": (
            "ResponseGenerationProgressCombinedMixin",
            "ResponseGenerationProgressInfoMixin",
        ),
        "horde_sdk.ai_horde_api.apimodels.generate.status": (
            "DeleteImageGenerateRequest",
            "Generation",
            "ImageGenerateStatusRequest",
            "ImageGenerateStatusResponse",
            "ImageGeneration",
        ),
        "horde_sdk.ai_horde_api.apimodels.generate.submit": ("ImageGenerationJobSubmitRequest",),
        "horde_sdk.ai_horde_api.apimodels.status": (
            "AIHordeHeartbeatRequest",
            "AIHordeHeartbeatResponse",
            "HordeModes",
            "HordePerformanceRequest",
            "HordePerformanceResponse",
            "HordeStatusModelsAllRequest",
            "HordeStatusModelsAllResponse",
            "HordeStatusModelsSingleRequest",
            "HordeStatusModelsSingleResponse",
        ),
        "horde_sdk.ai_horde_api.apimodels.users": (
            "ActiveGenerations",
            "ContributionsDetails",
            "MonthlyKudos",
            "SingleUserDetailsRequest",
            "UsageDetails",
            "UserAmountRecords",
            "UserDetailsResponse",
            "UserKudosDetails",
            "UserRecords",
            "UserThingRecords",
        ),
        "horde_sdk.ai_horde_api.apimodels.workers.workers": (
            "AllWorkersDetailsRequest",
            "AllWorkersDetailsResponse",
            "SingleWorkerDetailsRequest",
            "SingleWorkerDetailsResponse",
            "SingleWorkerNameDetailsRequest",
            "TeamDetailsLite",
            "WorkerDetailItem",
            "WorkerDetailLite",
            "WorkerKudosDetails",
        ),
        "horde_sdk.generation_parameters.alchemy.consts": ("KNOWN_ALCHEMY_TYPES",),
    },
)
