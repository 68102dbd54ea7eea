"""The requests and responses of the AI Horde API, each imported when first used.

`__init__.pyi` says the same to type checkers.
"""

from horde_sdk._lazy_exports import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "horde_sdk.ai_horde_api.apimodels.alchemy.async_": """
            AlchemyAsyncRequest AlchemyAsyncRequestFormItem AlchemyAsyncResponse
        """,
        "horde_sdk.ai_horde_api.apimodels.alchemy.pop": """
            AlchemyFormPayloadStable AlchemyJobPopResponse AlchemyPopFormPayload AlchemyPopRequest AlchemyPopResponse
            NoValidAlchemyFound
        """,
        "horde_sdk.ai_horde_api.apimodels.alchemy.results": """
            AlchemyAestheticResult AlchemyAnnotationResult AlchemyCaptionResult AlchemyDescribeResult
            AlchemyFacefixResult AlchemyInterrogationDetails AlchemyInterrogationResult AlchemyInterrogationResultItem
            AlchemyNSFWResult AlchemyPaletteResult AlchemyStripBackgroundResult AlchemyUpscaleResult
            AlchemyVectorizeResult
        """,
        "horde_sdk.ai_horde_api.apimodels.alchemy.status": """
            AlchemyDeleteRequest AlchemyFormStatus AlchemyStatusRequest AlchemyStatusResponse
        """,
        "horde_sdk.ai_horde_api.apimodels.alchemy.submit": """
            AlchemyJobSubmitRequest AlchemyJobSubmitResponse
        """,
        "horde_sdk.ai_horde_api.apimodels.base": """
            ActiveModel ActiveModelLite BaseAIHordeRequest ExtraSourceImageEntry ExtraTextEntry GenMetadataEntry
            ImageGenerateParamMixin JobRequestMixin JobResponseMixin JobSubmitResponse LorasPayloadEntry
            MessageSpecifiesSharedKeyMixin SingleWarningEntry TIPayloadEntry WorkerRequestMixin WorkerRequestNameMixin
        """,
        "horde_sdk.ai_horde_api.apimodels.collections": """
            AllCollectionsRequest AllCollectionsResponse CollectionByIDRequest CollectionByNameRequest
            CreateCollectionRequest CreateCollectionResponse DeleteCollectionRequest DeleteCollectionResponse
            ResponseModelCollection ResponseModelStylesShort UpdateCollectionRequest UpdateCollectionResponse
            _InputModelCollectionMixin
        """,
        "horde_sdk.ai_horde_api.apimodels.documents": """
            AIHordeDocumentRequestMixin AIHordeGetPrivacyPolicyRequest AIHordeGetSponsorsRequest
            AIHordeGetTermsRequest DocumentFormat HordeDocument
        """,
        "horde_sdk.ai_horde_api.apimodels.filters": """
            DeleteFilterRequest DeleteFilterResponse FilterDetails FilterPromptSuspicionRequest
            FilterPromptSuspicionResponse FilterRegex FilterRegexRequest FilterRegexResponse FiltersListRequest
            FiltersListResponse PatchExistingFilter PutNewFilterRequest SingleFilterRequest
        """,
        "horde_sdk.ai_horde_api.apimodels.find_user": """
            FindUserRequest
        """,
        "horde_sdk.ai_horde_api.apimodels.generate.async_": """
            ImageGenerateAsyncDryRunResponse ImageGenerateAsyncRequest ImageGenerateAsyncResponse
            ImageGenerationInputPayload
        """,
        "horde_sdk.ai_horde_api.apimodels.generate.check": """
            ImageGenerateCheckRequest ImageGenerateCheckResponse
        """,
        "horde_sdk.ai_horde_api.apimodels.generate.pop": """
            ImageGenerateJobPopPayload ImageGenerateJobPopRequest ImageGenerateJobPopResponse
            ImageGenerateJobPopSkippedStatus NoValidRequestFound PopInput PopResponseModelMessage
        """,
        "horde_sdk.ai_horde_api.apimodels.generate.pop_downloads": """
            ExtraSourceImageMixin SourceImagesDownloadMixin
        """,
        "horde_sdk.ai_horde_api.apimodels.generate.progress": """
            ResponseGenerationProgressCombinedMixin ResponseGenerationProgressInfoMixin
        """,
        "horde_sdk.ai_horde_api.apimodels.generate.rate": """
            AestheticRating AestheticsPayload RateRequest RateResponse
        """,
        "horde_sdk.ai_horde_api.apimodels.generate.status": """
            DeleteImageGenerateRequest Generation ImageGenerateStatusRequest ImageGenerateStatusResponse
            ImageGeneration
        """,
        "horde_sdk.ai_horde_api.apimodels.generate.submit": """
            ImageGenerationJobSubmitRequest
        """,
        "horde_sdk.ai_horde_api.apimodels.generate.text.async_": """
            ModelGenerationInputKobold ModelPayloadRootKobold TextGenerateAsyncDryRunResponse TextGenerateAsyncRequest
            TextGenerateAsyncResponse _BasePayloadKoboldMixin
        """,
        "horde_sdk.ai_horde_api.apimodels.generate.text.pop": """
            ModelPayloadKobold NoValidRequestFoundKobold TextGenerateJobPopRequest TextGenerateJobPopResponse
            _PopInputKobold
        """,
        "horde_sdk.ai_horde_api.apimodels.generate.text.status": """
            DeleteTextGenerateRequest GenerationKobold TextGenerateStatusRequest TextGenerateStatusResponse
        """,
        "horde_sdk.ai_horde_api.apimodels.generate.text.submit": """
            TextGenerationJobSubmitRequest
        """,
        "horde_sdk.ai_horde_api.apimodels.image_styles": """
            AllStylesImageRequest AllStylesImageResponse CreateStyleImageRequest DeleteStyleImageRequest
            DeleteStyleImageResponse ModelStyleInputParamsStable ModifyStyleImageRequest ModifyStyleImageResponse
            SingleStyleImageByIDRequest SingleStyleImageByNameRequest StyleExample StyleStable
        """,
        "horde_sdk.ai_horde_api.apimodels.job_pops": """
            JobPopResponseTypeVar
        """,
        "horde_sdk.ai_horde_api.apimodels.kudos": """
            KudosAwardRequest KudosAwardResponse KudosTransferRequest KudosTransferResponse
        """,
        "horde_sdk.ai_horde_api.apimodels.operations": """
            AllIPTimeoutsRequest BlockIPAddressRequest BlockIPAddressResponse BlockWorkerIPAddressRequest
            BlockWorkerIPAddressResponse DeleteIPAddressRequest DeleteIPAddressResponse DeleteWorkerIPAddressRequest
            DeleteWorkerIPAddressResponse IPTimeout IPTimeoutListResponse SingleIPTimeoutsRequest
        """,
        "horde_sdk.ai_horde_api.apimodels.sharedkeys": """
            ExpiryStrSharedKeyDetailsResponse SharedKeyCreateRequest SharedKeyDeleteRequest SharedKeyDeleteResponse
            SharedKeyDetailsRequest SharedKeyDetailsResponse SharedKeyModifyRequest SharedKeySettings
        """,
        "horde_sdk.ai_horde_api.apimodels.stats": """
            ImageStatsModelsRequest ImageStatsModelsResponse ImageStatsModelsTotalRequest
            ImageStatsModelsTotalResponse SinglePeriodImgStat SinglePeriodTxtStat StatsModelsTimeframe
            TextStatsModelResponse TextStatsModelsRequest TextStatsModelsTotalRequest TextStatsModelsTotalResponse
        """,
        "horde_sdk.ai_horde_api.apimodels.status": """
            AIHordeHeartbeatRequest AIHordeHeartbeatResponse HordeModes HordeModesRequest HordeModesResponse
            HordePerformanceRequest HordePerformanceResponse HordeStatusModelsAllRequest HordeStatusModelsAllResponse
            HordeStatusModelsSingleRequest HordeStatusModelsSingleResponse ModifyHordeModesRequest NewsRequest
            NewsResponse Newspiece
        """,
        "horde_sdk.ai_horde_api.apimodels.style_examples": """
            StyleImageExampleAddRequest StyleImageExampleDeleteRequest StyleImageExampleDeleteResponse
            StyleImageExampleModifyRequest StyleImageExampleModifyResponse
        """,
        "horde_sdk.ai_horde_api.apimodels.style_parts": """
            ResponseModelStylesUser StyleType
        """,
        "horde_sdk.ai_horde_api.apimodels.teams": """
            AllTeamDetailsRequest AllTeamDetailsResponse CreateTeamRequest DeleteTeamRequest DeleteTeamResponse
            ModifyTeam ModifyTeamInput ModifyTeamRequest SingleTeamDetailsRequest TeamDetails
        """,
        "horde_sdk.ai_horde_api.apimodels.text_styles": """
            AllStylesTextRequest AllStylesTextResponse CreateStyleTextRequest DeleteStyleTextRequest
            DeleteStyleTextResponse ModelStyleInputParamsKobold ModifyStyleTextRequest ModifyStyleTextResponse
            SingleStyleTextByIDRequest SingleStyleTextByNameRequest StyleKobold
        """,
        "horde_sdk.ai_horde_api.apimodels.user_details": """
            ActiveGenerations ContributionsDetails MonthlyKudos UsageDetails UserAmountRecords UserDetailsResponse
            UserKudosDetails UserRecords UserThingRecords
        """,
        "horde_sdk.ai_horde_api.apimodels.users": """
            DeleteUserRequest DeleteUserResponse ListUsersDetailsRequest ListUsersDetailsResponse ModifyUser
            ModifyUserReply ModifyUserRequest ModifyUserResponse SingleUserDetailsRequest _ModifyUserBase
        """,
        "horde_sdk.ai_horde_api.apimodels.workers.message_parts": """
            ResponseModelMessage
        """,
        "horde_sdk.ai_horde_api.apimodels.workers.messages": """
            AllWorkerMessagesRequest CreateWorkerMessageRequest DeleteWorkerMessageRequest DeleteWorkerMessageResponse
            ResponseModelMessages SingleWorkerMessageRequest
        """,
        "horde_sdk.ai_horde_api.apimodels.workers.workers": """
            AllWorkersDetailsRequest AllWorkersDetailsResponse DeleteWorkerRequest DeleteWorkerResponse
            ModifyWorkerRequest ModifyWorkerResponse SingleWorkerDetailsRequest SingleWorkerDetailsResponse
            SingleWorkerNameDetailsRequest TeamDetailsLite WorkerDetailItem WorkerDetailLite WorkerKudosDetails
        """,
        "horde_sdk.generation_parameters.alchemy.consts": """
            KNOWN_ALCHEMY_TYPES
        """,
        "horde_sdk.generic_api.downloads": """
            ResponseRequiringDownloadMixin
        """,
        "horde_sdk.generic_api.apimodels": """
            APIKeyAllowedInRequestMixin ContainsMessageResponseMixin ContainsWarningsResponseMixin
            MessageSpecifiesUserIDMixin RequestUsesWorkerMixin ResponseRequiringFollowUpMixin
            ResponseWithProgressMixin
        """,
    },
)
