"""Alchemy, the work on finished images: its words, parameters and templates."""

from typing import TYPE_CHECKING

from horde_sdk._lazy_exports import lazy_exports

if TYPE_CHECKING:
    from horde_sdk.generation_parameters.alchemy.object_models import (
        AlchemyParameters as AlchemyParameters,
        AnnotationAlchemyParameters as AnnotationAlchemyParameters,
        AnnotationAlchemyParametersTemplate as AnnotationAlchemyParametersTemplate,
        CaptionAlchemyParameters as CaptionAlchemyParameters,
        FacefixAlchemyParameters as FacefixAlchemyParameters,
        InterrogateAlchemyParameters as InterrogateAlchemyParameters,
        NSFWAlchemyParameters as NSFWAlchemyParameters,
        ResolverRule as ResolverRule,
        SingleAlchemyParameters as SingleAlchemyParameters,
        UpscaleAlchemyParameters as UpscaleAlchemyParameters,
        instantiate_alchemy_parameters as instantiate_alchemy_parameters,
        register_alchemy_parameter_rule as register_alchemy_parameter_rule,
        resolve_alchemy_parameter_model as resolve_alchemy_parameter_model,
        unregister_alchemy_parameter_rule as unregister_alchemy_parameter_rule,
    )

__all__, __getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "horde_sdk.generation_parameters.alchemy.object_models": (
            "AlchemyParameters",
            "AnnotationAlchemyParameters",
            "AnnotationAlchemyParametersTemplate",
            "CaptionAlchemyParameters",
            "FacefixAlchemyParameters",
            "InterrogateAlchemyParameters",
            "NSFWAlchemyParameters",
            "ResolverRule",
            "SingleAlchemyParameters",
            "UpscaleAlchemyParameters",
            "instantiate_alchemy_parameters",
            "register_alchemy_parameter_rule",
            "resolve_alchemy_parameter_model",
            "unregister_alchemy_parameter_rule",
        ),
    },
)
