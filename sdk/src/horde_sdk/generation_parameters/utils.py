"""Ids, fingerprints and templates, under the path that programs import them from."""

from horde_sdk.generation_parameters.fingerprints import compute_parameter_fingerprint
from horde_sdk.generation_parameters.result_ids import (
    ResultIdAllocator,
    ensure_result_id,
    ensure_result_ids,
    resolve_result_id_from_payload,
    resolve_result_ids_from_payload,
)
from horde_sdk.generation_parameters.template_finalization import (
    TemplateFinalization,
    TemplateFingerprintSnapshot,
    TemplateT,
    apply_template_overrides,
    finalize_template_for_parameters,
)

__all__ = [
    "ResultIdAllocator",
    "TemplateFinalization",
    "TemplateFingerprintSnapshot",
    "TemplateT",
    "apply_template_overrides",
    "compute_parameter_fingerprint",
    "ensure_result_id",
    "ensure_result_ids",
    "finalize_template_for_parameters",
    "resolve_result_id_from_payload",
    "resolve_result_ids_from_payload",
]
