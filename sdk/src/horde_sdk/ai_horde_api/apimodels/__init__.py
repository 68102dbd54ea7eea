"""The requests and responses of the AI Horde API, each imported when first used."""

from typing import TYPE_CHECKING

from horde_sdk._lazy_exports import lazy_exports

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.apimodels.alchemy.async_ import (
        AlchemyAsyncRequest as AlchemyAsyncRequest,
        AlchemyAsyncRequestFormItem as AlchemyAsyncRequestFormItem,
        AlchemyAsyncResponse as AlchemyAsyncResponse,
    )
    from horde_sdk.ai_horde_api.apimodels.alchemy.pop import (
        AlchemyFormPayloadStable as AlchemyFormPayloadStable,
        AlchemyJobPopResponse as AlchemyJobPopResponse,
        AlchemyPopFormPayload as AlchemyPopFormPayload,
        AlchemyPopRequest as AlchemyPopRequest,
        AlchemyPopResponse as AlchemyPopResponse,
        NoValidAlchemyFound as NoValidAlchemyFound,
    )
    from horde_sdk.ai_horde_api.apimodels.alchemy.results import (
        AlchemyAestheticResult as AlchemyAestheticResult,
        AlchemyAnnotationResult as AlchemyAnnotationResult,
        AlchemyCaptionResult as AlchemyCaptionResult,
        AlchemyDescribeResult as AlchemyDescribeResult,
        AlchemyFacefixResult as AlchemyFacefixResult,
        AlchemyInterrogationDetails as AlchemyInterrogationDetails,
        AlchemyInterrogationResult as AlchemyInterrogationResult,
        AlchemyInterrogationResultItem as AlchemyInterrogationResultItem,
        AlchemyNSFWResult as AlchemyNSFWResult,
        AlchemyPaletteResult as AlchemyPaletteResult,
        AlchemyStripBackgroundResult as AlchemyStripBackgroundResult,
        AlchemyUpscaleResult as AlchemyUpscaleResult,
        AlchemyVectorizeResult as AlchemyVectorizeResult,
    )
    from horde_sdk.ai_horde_api.apimodels.alchemy.status import (
        AlchemyDeleteRequest as AlchemyDeleteRequest,
        AlchemyFormStatus as AlchemyFormStatus,
        AlchemyStatusRequest as AlchemyStatusRequest,
        AlchemyStatusResponse as AlchemyStatusResponse,
    )
    from horde_sdk.ai_horde_api.apimodels.alchemy.submit import (
        AlchemyJobSubmitRequest as AlchemyJobSubmitRequest,
        AlchemyJobSubmitResponse as AlchemyJobSubmitResponse,
    )
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
    from horde_sdk.ai_horde_api.apimodels.generate.text.async_ import (
        ModelGenerationInputKobold as ModelGenerationInputKobold,
        ModelPayloadRootKobold as ModelPayloadRootKobold,
        TextGenerateAsyncDryRunResponse as TextGenerateAsyncDryRunResponse,
        TextGenerateAsyncRequest as TextGenerateAsyncRequest,
        TextGenerateAsyncResponse as TextGenerateAsyncResponse,
    )
    from horde_sdk.ai_horde_api.apimodels.generate.text.pop import (
        ModelPayloadKobold as ModelPayloadKobold,
        NoValidRequestFoundKobold as NoValidRequestFoundKobold,
        TextGenerateJobPopRequest as TextGenerateJobPopRequest,
        TextGenerateJobPopResponse as TextGenerateJobPopResponse,
    )
    from horde_sdk.ai_horde_api.apimodels.generate.text.status import (
        DeleteTextGenerateRequest as DeleteTextGenerateRequest,
        GenerationKobold as GenerationKobold,
        TextGenerateStatusRequest as TextGenerateStatusRequest,
        TextGenerateStatusResponse as TextGenerateStatusResponse,
    )
    from horde_sdk.ai_horde_api.apimodels.generate.text.submit import (
        TextGenerationJobSubmitRequest as TextGenerationJobSubmitRequest,
    )
    from horde_sdk.ai_horde_api.apimodels.kudos import (
        KudosAwardRequest as KudosAwardRequest,
        KudosAwardResponse as KudosAwardResponse,
        KudosTransferRequest as KudosTransferRequest,
        KudosTransferResponse as KudosTransferResponse,
    )
    from horde_sdk.ai_horde_api.apimodels.status import (
        AIHordeHeartbeatRequest as AIHordeHeartbeatRequest,
        AIHordeHeartbeatResponse as AIHordeHeartbeatResponse,
        HordeModes as HordeModes,
        HordeModesRequest as HordeModesRequest,
        HordeModesResponse as HordeModesResponse,
        HordePerformanceRequest as HordePerformanceRequest,
        HordePerformanceResponse as HordePerformanceResponse,
        HordeStatusModelsAllRequest as HordeStatusModelsAllRequest,
        HordeStatusModelsAllResponse as HordeStatusModelsAllResponse,
        HordeStatusModelsSingleRequest as HordeStatusModelsSingleRequest,
        HordeStatusModelsSingleResponse as HordeStatusModelsSingleResponse,
        ModifyHordeModesRequest as ModifyHordeModesRequest,
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
        DeleteWorkerRequest as DeleteWorkerRequest,
        DeleteWorkerResponse as DeleteWorkerResponse,
        ModifyWorkerRequest as ModifyWorkerRequest,
        ModifyWorkerResponse as ModifyWorkerResponse,
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
        "horde_sdk.ai_horde_api.apimodels.alchemy.async_": (
            "AlchemyAsyncRequest",
            "AlchemyAsyncRequestFormItem",
            "AlchemyAsyncResponse",
        ),
        "horde_sdk.ai_horde_api.apimodels.alchemy.pop": (
            "AlchemyFormPayloadStable",
            "AlchemyJobPopResponse",
            "AlchemyPopFormPayload",
            "AlchemyPopRequest",
            "AlchemyPopResponse",
            "NoValidAlchemyFound",
        ),
        "horde_sdk.ai_horde_api.apimodels.alchemy.results": (
            "AlchemyAestheticResult",
            "AlchemyAnnotationResult",
            "AlchemyCaptionResult",
            "AlchemyDescribeResult",
            "AlchemyFacefixResult",
            "AlchemyInterrogationDetails",
            "AlchemyInterrogationResult",
            "AlchemyInterrogationResultItem",
            "AlchemyNSFWResult",
            "AlchemyPaletteResult",
            "AlchemyStripBackgroundResult",
            "AlchemyUpscaleResult",
            "AlchemyVectorizeResult",
        ),
        "horde_sdk.ai_horde_api.apimodels.alchemy.status": (
            "AlchemyDeleteRequest",
            "AlchemyFormStatus",
            "AlchemyStatusRequest",
            "AlchemyStatusResponse",
        ),
        "horde_sdk.ai_horde_api.apimodels.alchemy.submit": (
            "AlchemyJobSubmitRequest",
            "AlchemyJobSubmitResponse",
        ),
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
        "horde_sdk.ai_horde_api.apimodels.generate.text.async_": (
            "ModelGenerationInputKobold",
            "ModelPayloadRootKobold",
            "TextGenerateAsyncDryRunResponse",
            "TextGenerateAsyncRequest",
            "TextGenerateAsyncResponse",
        ),
        "horde_sdk.ai_horde_api.apimodels.generate.text.pop": (
            "ModelPayloadKobold",
            "NoValidRequestFoundKobold",
            "TextGenerateJobPopRequest",
            "TextGenerateJobPopResponse",
        ),
        "horde_sdk.ai_horde_api.apimodels.generate.text.status": (
            "DeleteTextGenerateRequest",
            "GenerationKobold",
            "TextGenerateStatusRequest",
            "TextGenerateStatusResponse",
        ),
        "horde_sdk.ai_horde_api.apimodels.generate.text.submit": ("TextGenerationJobSubmitRequest",),
        "horde_sdk.ai_horde_api.apimodels.kudos": (
            "KudosAwardRequest",
            "KudosAwardResponse",
            "KudosTransferRequest",
            "KudosTransferResponse",
        ),
        "horde_sdk.ai_horde_api.apimodels.status": (
            "AIHordeHeartbeatRequest",
            "AIHordeHeartbeatResponse",
            "HordeModes",
            "HordeModesRequest",
            "HordeModesResponse",
            "HordePerformanceRequest",
            "HordePerformanceResponse",
            "HordeStatusModelsAllRequest",
            "HordeStatusModelsAllResponse",
            "HordeStatusModelsSingleRequest",
            "HordeStatusModelsSingleResponse",
            "ModifyHordeModesRequest",
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
            "DeleteWorkerRequest",
            "DeleteWorkerResponse",
            "ModifyWorkerRequest",
            "ModifyWorkerResponse",
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
