"""The models of all styles, under the path that programs import them from; each imported when first used."""

from typing import TYPE_CHECKING

from horde_sdk._lazy_exports import lazy_exports

if TYPE_CHECKING:
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
        _StyleMixin as _StyleMixin,
        _StyleResponseMixin as _StyleResponseMixin,
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

__all__, __getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "horde_sdk.ai_horde_api.apimodels.image_styles": (
            "AllStylesImageRequest",
            "AllStylesImageResponse",
            "CreateStyleImageRequest",
            "DeleteStyleImageRequest",
            "DeleteStyleImageResponse",
            "ModelStyleInputParamsStable",
            "ModifyStyleImageRequest",
            "ModifyStyleImageResponse",
            "SingleStyleImageByIDRequest",
            "SingleStyleImageByNameRequest",
            "StyleExample",
            "StyleStable",
        ),
        "horde_sdk.ai_horde_api.apimodels.style_examples": (
            "StyleImageExampleAddRequest",
            "StyleImageExampleDeleteRequest",
            "StyleImageExampleDeleteResponse",
            "StyleImageExampleModifyRequest",
            "StyleImageExampleModifyResponse",
        ),
        "horde_sdk.ai_horde_api.apimodels.style_parts": (
            "ResponseModelStylesUser",
            "StyleType",
            "_StyleMixin",
            "_StyleResponseMixin",
        ),
        "horde_sdk.ai_horde_api.apimodels.text_styles": (
            "AllStylesTextRequest",
            "AllStylesTextResponse",
            "CreateStyleTextRequest",
            "DeleteStyleTextRequest",
            "DeleteStyleTextResponse",
            "ModelStyleInputParamsKobold",
            "ModifyStyleTextRequest",
            "ModifyStyleTextResponse",
            "SingleStyleTextByIDRequest",
            "SingleStyleTextByNameRequest",
            "StyleKobold",
        ),
    },
)
