"""Parts of all kinds of generation: the bases of parameters, their sources and schemes."""

from typing import TYPE_CHECKING

from horde_sdk._lazy_exports import lazy_exports

if TYPE_CHECKING:
    from horde_sdk.consts import ServiceInfo as ServiceInfo
    from horde_sdk.generation_parameters.generic.by_service import (
        GenerationByServiceParameters as GenerationByServiceParameters,
    )
    from horde_sdk.generation_parameters.generic.consts import (
        UNDERLYING_GENERATION_SCHEME as UNDERLYING_GENERATION_SCHEME,
    )
    from horde_sdk.generation_parameters.generic.parameters import (
        AbstractGenerationParameter as AbstractGenerationParameter,
        CompositeParametersBase as CompositeParametersBase,
        GenerationParameterBaseModel as GenerationParameterBaseModel,
        GenerationParameterList as GenerationParameterList,
        GenerationWithModelParameters as GenerationWithModelParameters,
        SchemaVersionedBaseModel as SchemaVersionedBaseModel,
        T as T,
        Y as Y,
    )

__all__, __getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "horde_sdk.consts": ("ServiceInfo",),
        "horde_sdk.generation_parameters.generic.by_service": ("GenerationByServiceParameters",),
        "horde_sdk.generation_parameters.generic.consts": ("UNDERLYING_GENERATION_SCHEME",),
        "horde_sdk.generation_parameters.generic.parameters": (
            "AbstractGenerationParameter",
            "CompositeParametersBase",
            "GenerationParameterBaseModel",
            "GenerationParameterList",
            "GenerationWithModelParameters",
            "SchemaVersionedBaseModel",
            "T",
            "Y",
        ),
    },
)
