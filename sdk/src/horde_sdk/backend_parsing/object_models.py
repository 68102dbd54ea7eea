"""Maps between the horde's samplers, schedulers and control types and those of a backend, both ways."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from horde_sdk.generation_parameters.generic.parameters import CompositeParametersBase
from horde_sdk.generation_parameters.image.consts import (
    KNOWN_IMAGE_CONTROLNETS,
    KNOWN_IMAGE_SAMPLERS,
    KNOWN_IMAGE_SCHEDULERS,
)
from horde_sdk.generation_parameters.image.parameters import ImageGenerationParameters

SDKParameterSetTypeVar = TypeVar("SDKParameterSetTypeVar", bound=CompositeParametersBase)
BackendSamplersTypeVar = TypeVar("BackendSamplersTypeVar", bound=StrEnum)
BackendSchedulersTypeVar = TypeVar("BackendSchedulersTypeVar", bound=StrEnum)
BackendControlnetsTypeVar = TypeVar("BackendControlnetsTypeVar", bound=StrEnum)
MappingOutputTypeVar = TypeVar("MappingOutputTypeVar", bound=StrEnum)

_Word = TypeVar("_Word", bound=StrEnum)
_BackendWord = TypeVar("_BackendWord", bound=StrEnum)


class UnmappedValue(KeyError, ValueError):
    """One side has no word for what the other side means, or nobody knows the word."""

    def __str__(self) -> str:
        return str(self.args[0])


class _TwoWayMap(Generic[_BackendWord, _Word]):
    """One vocabulary. A word of the other side is understood too, and left as it is."""

    def __init__(
        self,
        kind: str,
        backend_words: type[_BackendWord],
        words: type[_Word],
        to_sdk: Mapping[_BackendWord | str, _Word],
        to_backend: Mapping[_Word, _BackendWord | str],
    ) -> None:
        self._kind = kind
        self._backend_words = backend_words
        self._words = words
        self._to_sdk = {str(word): meaning for word, meaning in to_sdk.items()}
        backwards: dict[str, _BackendWord | str] = {}
        for word, meaning in to_sdk.items():
            backwards.setdefault(str(meaning), word)  # of several words for one thing, the first
        self._to_backend = {**backwards, **{str(word): meaning for word, meaning in to_backend.items()}}

    def to_sdk(self, word: str) -> _Word:
        if str(word) in self._to_sdk:
            return self._to_sdk[str(word)]
        try:
            return self._words(str(word))
        except ValueError:
            raise UnmappedValue(f"the horde has no {self._kind} like {str(word)!r}") from None

    def to_backend(self, word: str) -> _BackendWord | str:
        if str(word) in self._to_backend:
            return self._to_backend[str(word)]
        try:
            return self._backend_words(str(word))
        except ValueError:
            raise UnmappedValue(f"the backend has no {self._kind} like {str(word)!r}") from None

    def is_backend_word(self, word: str) -> bool:
        return str(word) in self._to_sdk or any(str(word) == known for known in self._backend_words)


class BackendValuesMapper(ABC, Generic[SDKParameterSetTypeVar]):
    """Translates the words in one kind of parameters."""


class ImageBackendValuesMapper(
    BackendValuesMapper[ImageGenerationParameters],
    Generic[BackendSamplersTypeVar, BackendSchedulersTypeVar, BackendControlnetsTypeVar],
):
    """Translates the words of image generation.

    Each map goes from the backend's word to the horde's and is read both ways. Where the backend has one word for two
    of the horde's, `sdk_samplers_fallback_map` names it for the second.
    """

    def __init__(
        self,
        *,
        backend_samplers_type: type[BackendSamplersTypeVar],
        backend_schedulers_type: type[BackendSchedulersTypeVar],
        backend_controlnets_type: type[BackendControlnetsTypeVar],
        sdk_samplers_map: dict[BackendSamplersTypeVar | str, KNOWN_IMAGE_SAMPLERS],
        sdk_schedulers_map: dict[BackendSchedulersTypeVar | str, KNOWN_IMAGE_SCHEDULERS],
        sdk_controlnets_map: dict[BackendControlnetsTypeVar | str, KNOWN_IMAGE_CONTROLNETS],
        sdk_samplers_fallback_map: Mapping[KNOWN_IMAGE_SAMPLERS, BackendSamplersTypeVar | str] | None = None,
    ) -> None:
        """Take the backend's three vocabularies and what each word means to the horde."""
        self._samplers = _TwoWayMap(
            "sampler",
            backend_samplers_type,
            KNOWN_IMAGE_SAMPLERS,
            sdk_samplers_map,
            sdk_samplers_fallback_map or {},
        )
        self._schedulers = _TwoWayMap(
            "scheduler", backend_schedulers_type, KNOWN_IMAGE_SCHEDULERS, sdk_schedulers_map, {}
        )
        self._controlnets = _TwoWayMap(
            "control type", backend_controlnets_type, KNOWN_IMAGE_CONTROLNETS, sdk_controlnets_map, {}
        )

    def map_to_sdk_sampler(self, backend_sampler: BackendSamplersTypeVar | str) -> KNOWN_IMAGE_SAMPLERS:
        """Return the horde's word; one of the horde's own stays.

        Raises:
            UnmappedValue: The horde has none. It is a `KeyError` and a `ValueError`.
        """
        return self._samplers.to_sdk(backend_sampler)

    def map_to_backend_sampler(self, sdk_sampler: KNOWN_IMAGE_SAMPLERS | str) -> BackendSamplersTypeVar | str:
        """Return the backend's word; one of the backend's own stays.

        Raises:
            UnmappedValue: The backend has none. It is a `KeyError` and a `ValueError`.
        """
        return self._samplers.to_backend(sdk_sampler)

    def is_valid_backend_sampler(self, backend_sampler: BackendSamplersTypeVar | str) -> bool:
        """Tell whether the backend knows the word."""
        return self._samplers.is_backend_word(backend_sampler)

    def map_to_sdk_scheduler(self, backend_scheduler: BackendSchedulersTypeVar | str) -> KNOWN_IMAGE_SCHEDULERS:
        """Return the horde's word; one of the horde's own stays.

        Raises:
            UnmappedValue: The horde has none. It is a `KeyError` and a `ValueError`.
        """
        return self._schedulers.to_sdk(backend_scheduler)

    def map_to_backend_scheduler(self, sdk_scheduler: KNOWN_IMAGE_SCHEDULERS | str) -> BackendSchedulersTypeVar | str:
        """Return the backend's word; one of the backend's own stays.

        Raises:
            UnmappedValue: The backend has none. It is a `KeyError` and a `ValueError`.
        """
        return self._schedulers.to_backend(sdk_scheduler)

    def is_valid_backend_scheduler(self, backend_scheduler: BackendSchedulersTypeVar | str) -> bool:
        """Tell whether the backend knows the word."""
        return self._schedulers.is_backend_word(backend_scheduler)

    def map_to_sdk_controlnet(self, backend_controlnet: BackendControlnetsTypeVar | str) -> KNOWN_IMAGE_CONTROLNETS:
        """Return the horde's word; one of the horde's own stays.

        Raises:
            UnmappedValue: The horde has none. It is a `KeyError` and a `ValueError`.
        """
        return self._controlnets.to_sdk(backend_controlnet)

    def map_to_backend_controlnet(
        self, sdk_controlnet: KNOWN_IMAGE_CONTROLNETS | str
    ) -> BackendControlnetsTypeVar | str:
        """Return the backend's word; one of the backend's own stays.

        Raises:
            UnmappedValue: The backend has none. It is a `KeyError` and a `ValueError`.
        """
        return self._controlnets.to_backend(sdk_controlnet)

    def is_valid_backend_controlnet(self, backend_controlnet: BackendControlnetsTypeVar | str) -> bool:
        """Tell whether the backend knows the word."""
        return self._controlnets.is_backend_word(backend_controlnet)
