# The names of this package for type checkers; at run time each is imported when first used.

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
from horde_sdk.ai_horde_api.apimodels.collections import (
    AllCollectionsRequest as AllCollectionsRequest,
    AllCollectionsResponse as AllCollectionsResponse,
    CollectionByIDRequest as CollectionByIDRequest,
    CollectionByNameRequest as CollectionByNameRequest,
    CreateCollectionRequest as CreateCollectionRequest,
    CreateCollectionResponse as CreateCollectionResponse,
    DeleteCollectionRequest as DeleteCollectionRequest,
    DeleteCollectionResponse as DeleteCollectionResponse,
    ResponseModelCollection as ResponseModelCollection,
    ResponseModelStylesShort as ResponseModelStylesShort,
    UpdateCollectionRequest as UpdateCollectionRequest,
    UpdateCollectionResponse as UpdateCollectionResponse,
    _InputModelCollectionMixin as _InputModelCollectionMixin,
)
from horde_sdk.ai_horde_api.apimodels.documents import (
    AIHordeDocumentRequestMixin as AIHordeDocumentRequestMixin,
    AIHordeGetPrivacyPolicyRequest as AIHordeGetPrivacyPolicyRequest,
    AIHordeGetSponsorsRequest as AIHordeGetSponsorsRequest,
    AIHordeGetTermsRequest as AIHordeGetTermsRequest,
    DocumentFormat as DocumentFormat,
    HordeDocument as HordeDocument,
)
from horde_sdk.ai_horde_api.apimodels.filters import (
    DeleteFilterRequest as DeleteFilterRequest,
    DeleteFilterResponse as DeleteFilterResponse,
    FilterDetails as FilterDetails,
    FilterPromptSuspicionRequest as FilterPromptSuspicionRequest,
    FilterPromptSuspicionResponse as FilterPromptSuspicionResponse,
    FilterRegex as FilterRegex,
    FilterRegexRequest as FilterRegexRequest,
    FilterRegexResponse as FilterRegexResponse,
    FiltersListRequest as FiltersListRequest,
    FiltersListResponse as FiltersListResponse,
    PatchExistingFilter as PatchExistingFilter,
    PutNewFilterRequest as PutNewFilterRequest,
    SingleFilterRequest as SingleFilterRequest,
)
from horde_sdk.ai_horde_api.apimodels.find_user import (
    FindUserRequest as FindUserRequest,
)
from horde_sdk.ai_horde_api.apimodels.generate.async_ import (
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
    SourceImagesDownloadMixin as SourceImagesDownloadMixin,
)
from horde_sdk.ai_horde_api.apimodels.generate.progress import (
    ResponseGenerationProgressCombinedMixin as ResponseGenerationProgressCombinedMixin,
    ResponseGenerationProgressInfoMixin as ResponseGenerationProgressInfoMixin,
)
from horde_sdk.ai_horde_api.apimodels.generate.rate import (
    AestheticRating as AestheticRating,
    AestheticsPayload as AestheticsPayload,
    RateRequest as RateRequest,
    RateResponse as RateResponse,
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
    _BasePayloadKoboldMixin as _BasePayloadKoboldMixin,
)
from horde_sdk.ai_horde_api.apimodels.generate.text.pop import (
    ModelPayloadKobold as ModelPayloadKobold,
    NoValidRequestFoundKobold as NoValidRequestFoundKobold,
    TextGenerateJobPopRequest as TextGenerateJobPopRequest,
    TextGenerateJobPopResponse as TextGenerateJobPopResponse,
    _PopInputKobold as _PopInputKobold,
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
from horde_sdk.ai_horde_api.apimodels.image_styles import (
    AllStylesImageRequest as AllStylesImageRequest,
    AllStylesImageResponse as AllStylesImageResponse,
    CreateStyleImageRequest as CreateStyleImageRequest,
    DeleteStyleImageRequest as DeleteStyleImageRequest,
    DeleteStyleImageResponse as DeleteStyleImageResponse,
    ModelStyleInputParamsStable as ModelStyleInputParamsStable,
    ModifyStyleImageRequest as ModifyStyleImageRequest,
    ModifyStyleImageResponse as ModifyStyleImageResponse,
    SingleStyleImageByIDRequest as SingleStyleImageByIDRequest,
    SingleStyleImageByNameRequest as SingleStyleImageByNameRequest,
    StyleExample as StyleExample,
    StyleStable as StyleStable,
)
from horde_sdk.ai_horde_api.apimodels.job_pops import (
    JobPopResponseTypeVar as JobPopResponseTypeVar,
)
from horde_sdk.ai_horde_api.apimodels.kudos import (
    KudosAwardRequest as KudosAwardRequest,
    KudosAwardResponse as KudosAwardResponse,
    KudosTransferRequest as KudosTransferRequest,
    KudosTransferResponse as KudosTransferResponse,
)
from horde_sdk.ai_horde_api.apimodels.operations import (
    AllIPTimeoutsRequest as AllIPTimeoutsRequest,
    BlockIPAddressRequest as BlockIPAddressRequest,
    BlockIPAddressResponse as BlockIPAddressResponse,
    BlockWorkerIPAddressRequest as BlockWorkerIPAddressRequest,
    BlockWorkerIPAddressResponse as BlockWorkerIPAddressResponse,
    DeleteIPAddressRequest as DeleteIPAddressRequest,
    DeleteIPAddressResponse as DeleteIPAddressResponse,
    DeleteWorkerIPAddressRequest as DeleteWorkerIPAddressRequest,
    DeleteWorkerIPAddressResponse as DeleteWorkerIPAddressResponse,
    IPTimeout as IPTimeout,
    IPTimeoutListResponse as IPTimeoutListResponse,
    SingleIPTimeoutsRequest as SingleIPTimeoutsRequest,
)
from horde_sdk.ai_horde_api.apimodels.sharedkeys import (
    ExpiryStrSharedKeyDetailsResponse as ExpiryStrSharedKeyDetailsResponse,
    SharedKeyCreateRequest as SharedKeyCreateRequest,
    SharedKeyDeleteRequest as SharedKeyDeleteRequest,
    SharedKeyDeleteResponse as SharedKeyDeleteResponse,
    SharedKeyDetailsRequest as SharedKeyDetailsRequest,
    SharedKeyDetailsResponse as SharedKeyDetailsResponse,
    SharedKeyModifyRequest as SharedKeyModifyRequest,
    SharedKeySettings as SharedKeySettings,
)
from horde_sdk.ai_horde_api.apimodels.stats import (
    ImageStatsModelsRequest as ImageStatsModelsRequest,
    ImageStatsModelsResponse as ImageStatsModelsResponse,
    ImageStatsModelsTotalRequest as ImageStatsModelsTotalRequest,
    ImageStatsModelsTotalResponse as ImageStatsModelsTotalResponse,
    SinglePeriodImgStat as SinglePeriodImgStat,
    SinglePeriodTxtStat as SinglePeriodTxtStat,
    StatsModelsTimeframe as StatsModelsTimeframe,
    TextStatsModelResponse as TextStatsModelResponse,
    TextStatsModelsRequest as TextStatsModelsRequest,
    TextStatsModelsTotalRequest as TextStatsModelsTotalRequest,
    TextStatsModelsTotalResponse as TextStatsModelsTotalResponse,
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
    Newspiece as Newspiece,
    NewsRequest as NewsRequest,
    NewsResponse as NewsResponse,
)
from horde_sdk.ai_horde_api.apimodels.style_examples import (
    StyleImageExampleAddRequest as StyleImageExampleAddRequest,
    StyleImageExampleDeleteRequest as StyleImageExampleDeleteRequest,
    StyleImageExampleDeleteResponse as StyleImageExampleDeleteResponse,
    StyleImageExampleModifyRequest as StyleImageExampleModifyRequest,
    StyleImageExampleModifyResponse as StyleImageExampleModifyResponse,
)
from horde_sdk.ai_horde_api.apimodels.style_parts import (
    ResponseModelStylesUser as ResponseModelStylesUser,
    StyleType as StyleType,
)
from horde_sdk.ai_horde_api.apimodels.teams import (
    AllTeamDetailsRequest as AllTeamDetailsRequest,
    AllTeamDetailsResponse as AllTeamDetailsResponse,
    CreateTeamRequest as CreateTeamRequest,
    DeleteTeamRequest as DeleteTeamRequest,
    DeleteTeamResponse as DeleteTeamResponse,
    ModifyTeam as ModifyTeam,
    ModifyTeamInput as ModifyTeamInput,
    ModifyTeamRequest as ModifyTeamRequest,
    SingleTeamDetailsRequest as SingleTeamDetailsRequest,
    TeamDetails as TeamDetails,
)
from horde_sdk.ai_horde_api.apimodels.text_styles import (
    AllStylesTextRequest as AllStylesTextRequest,
    AllStylesTextResponse as AllStylesTextResponse,
    CreateStyleTextRequest as CreateStyleTextRequest,
    DeleteStyleTextRequest as DeleteStyleTextRequest,
    DeleteStyleTextResponse as DeleteStyleTextResponse,
    ModelStyleInputParamsKobold as ModelStyleInputParamsKobold,
    ModifyStyleTextRequest as ModifyStyleTextRequest,
    ModifyStyleTextResponse as ModifyStyleTextResponse,
    SingleStyleTextByIDRequest as SingleStyleTextByIDRequest,
    SingleStyleTextByNameRequest as SingleStyleTextByNameRequest,
    StyleKobold as StyleKobold,
)
from horde_sdk.ai_horde_api.apimodels.user_details import (
    ActiveGenerations as ActiveGenerations,
    ContributionsDetails as ContributionsDetails,
    MonthlyKudos as MonthlyKudos,
    UsageDetails as UsageDetails,
    UserAmountRecords as UserAmountRecords,
    UserDetailsResponse as UserDetailsResponse,
    UserKudosDetails as UserKudosDetails,
    UserRecords as UserRecords,
    UserThingRecords as UserThingRecords,
)
from horde_sdk.ai_horde_api.apimodels.users import (
    DeleteUserRequest as DeleteUserRequest,
    DeleteUserResponse as DeleteUserResponse,
    ListUsersDetailsRequest as ListUsersDetailsRequest,
    ListUsersDetailsResponse as ListUsersDetailsResponse,
    ModifyUser as ModifyUser,
    ModifyUserReply as ModifyUserReply,
    ModifyUserRequest as ModifyUserRequest,
    ModifyUserResponse as ModifyUserResponse,
    SingleUserDetailsRequest as SingleUserDetailsRequest,
    _ModifyUserBase as _ModifyUserBase,
)
from horde_sdk.ai_horde_api.apimodels.workers.message_parts import (
    ResponseModelMessage as ResponseModelMessage,
)
from horde_sdk.ai_horde_api.apimodels.workers.messages import (
    AllWorkerMessagesRequest as AllWorkerMessagesRequest,
    CreateWorkerMessageRequest as CreateWorkerMessageRequest,
    DeleteWorkerMessageRequest as DeleteWorkerMessageRequest,
    DeleteWorkerMessageResponse as DeleteWorkerMessageResponse,
    ResponseModelMessages as ResponseModelMessages,
    SingleWorkerMessageRequest as SingleWorkerMessageRequest,
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
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin as APIKeyAllowedInRequestMixin,
    ContainsMessageResponseMixin as ContainsMessageResponseMixin,
    ContainsWarningsResponseMixin as ContainsWarningsResponseMixin,
    MessageSpecifiesUserIDMixin as MessageSpecifiesUserIDMixin,
    RequestUsesWorkerMixin as RequestUsesWorkerMixin,
    ResponseRequiringFollowUpMixin as ResponseRequiringFollowUpMixin,
    ResponseWithProgressMixin as ResponseWithProgressMixin,
)
from horde_sdk.generic_api.downloads import (
    ResponseRequiringDownloadMixin as ResponseRequiringDownloadMixin,
)
