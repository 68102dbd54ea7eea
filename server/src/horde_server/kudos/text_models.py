"""How large a text model is, by its name (generation.md §4.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping

_QUANTISATION = re.compile(
    r"[.,-](?:i\d+-)?[a-z0-9]*?q(?:-?int)?\d{1,2}(?:[_.-][a-z0-9]+)*|\.gguf$",
    re.IGNORECASE,
)
"""`-Q4_K_M`, `.i1-IQ4_XS.gguf`, `-GPTQ-Int4`: how a file was made smaller, not which model it is. Unlike the original's
rule it takes a bare `.Q4_K_M`, and leaves the `-v2` of `-v2-Q4_K_M`."""


def parameters_billions(model: str, catalogue: Mapping[str, float]) -> float | None:
    """Billions of parameters of a model named as workers and clients do; None when the catalogue does not know it.

    `catalogue` has billions by name. A name is case-sensitive and may end in `::alias`, or in a quantisation.
    """
    name = model.partition("::")[0]
    found = catalogue.get(name)
    return found if found is not None else catalogue.get(_QUANTISATION.sub("", name))
