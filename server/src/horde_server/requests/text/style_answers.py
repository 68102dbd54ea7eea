"""What is told of styles of texts (styles.md §1.6)."""

from __future__ import annotations

from pydantic import Field

from horde_server.http.answers import Answer
from horde_server.styles.answers import StyleDetails


class ModelStyleInputParamsKobold(Answer):
    """The parameters that a style sets; the others are absent."""

    max_length: int = 80
    max_context_length: int = 2048
    rep_pen: float = 1.0
    rep_pen_range: int = 0
    rep_pen_slope: float = 0.0
    temperature: float = 1.0
    tfs: float = 1.0
    top_a: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    typical: float = 1.0
    min_p: float = 0.0
    smoothing_factor: float = 0.0
    dynatemp_range: float = 0.0
    dynatemp_exponent: float = 1.0
    sampler_order: list[int] = Field(default_factory=list)
    stop_sequence: list[str] = Field(default_factory=list)
    singleline: bool = False
    frmtadsnsp: bool = False
    frmtrmblln: bool = False
    frmtrmspch: bool = False
    frmttriminc: bool = False
    use_default_badwordsids: bool = False


class StyleKobold(StyleDetails):
    """A style of texts."""

    params: ModelStyleInputParamsKobold
