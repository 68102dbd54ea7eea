"""All models of alchemy, under the path that programs import them from."""

from horde_sdk.generation_parameters.alchemy.feature_flags import AlchemyFeatureFlags
from horde_sdk.generation_parameters.alchemy.parameters import (
    AlchemyParameters,
    AnnotationAlchemyParameters,
    CaptionAlchemyParameters,
    FacefixAlchemyParameters,
    InterrogateAlchemyParameters,
    NSFWAlchemyParameters,
    SingleAlchemyParameters,
    UpscaleAlchemyParameters,
)
from horde_sdk.generation_parameters.alchemy.resolution import (
    Predicate,
    ResolverRule,
    instantiate_alchemy_parameters,
    register_alchemy_parameter_rule,
    resolve_alchemy_parameter_model,
    unregister_alchemy_parameter_rule,
)
from horde_sdk.generation_parameters.alchemy.templates import (
    AnnotationAlchemyParametersTemplate,
    CaptionAlchemyParametersTemplate,
    FacefixAlchemyParametersTemplate,
    InterrogateAlchemyParametersTemplate,
    NSFWAlchemyParametersTemplate,
    SingleAlchemyParametersTemplate,
    UpscaleAlchemyParametersTemplate,
)

__all__ = [
    "AlchemyFeatureFlags",
    "AlchemyParameters",
    "AnnotationAlchemyParameters",
    "AnnotationAlchemyParametersTemplate",
    "CaptionAlchemyParameters",
    "CaptionAlchemyParametersTemplate",
    "FacefixAlchemyParameters",
    "FacefixAlchemyParametersTemplate",
    "InterrogateAlchemyParameters",
    "InterrogateAlchemyParametersTemplate",
    "NSFWAlchemyParameters",
    "NSFWAlchemyParametersTemplate",
    "Predicate",
    "ResolverRule",
    "SingleAlchemyParameters",
    "SingleAlchemyParametersTemplate",
    "UpscaleAlchemyParameters",
    "UpscaleAlchemyParametersTemplate",
    "instantiate_alchemy_parameters",
    "register_alchemy_parameter_rule",
    "resolve_alchemy_parameter_model",
    "unregister_alchemy_parameter_rule",
]
