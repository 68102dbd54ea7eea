"""The bases of all parameters: mutable pydantic models that know the version of their own schema."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

from horde_sdk.generation_parameters.generic.consts import UNDERLYING_GENERATION_SCHEME


class AbstractGenerationParameter:
    """Anything that belongs to the parameters of a generation."""


class SchemaVersionedBaseModel(BaseModel):
    """A model whose dumps say which schema they follow, so that a later release can read them."""

    SCHEMA_VERSION: ClassVar[str] = "1.0"
    """The version that this release writes."""
    LEGACY_SCHEMA_VERSION: ClassVar[str] = "1.0"
    """The version of dumps that name none."""

    model_config = ConfigDict(from_attributes=True, hide_input_in_errors=True)  # prompts are nobody's business

    schema_version: str = ""
    """Filled in when empty. Older dumps: see `horde_sdk.generation_parameters.versioning`."""

    @classmethod
    def current_schema_version(cls) -> str:
        """Return the version that this release writes."""
        return cls.SCHEMA_VERSION

    @classmethod
    def legacy_schema_version(cls) -> str:
        """Return the version that a dump without one has."""
        return cls.LEGACY_SCHEMA_VERSION

    @model_validator(mode="before")
    @classmethod
    def _assign_schema_version(cls, given: Any) -> Any:
        if isinstance(given, Mapping) and not given.get("schema_version"):
            return {**given, "schema_version": cls.SCHEMA_VERSION}
        return given


class CompositeParametersBase(SchemaVersionedBaseModel, ABC):
    """All that is to be known about one job, possibly put together from several parts."""

    underlying_generation_scheme: UNDERLYING_GENERATION_SCHEME | None = None

    @abstractmethod
    def get_number_expected_results(self) -> int:
        """Return how many images, texts or answers the job yields."""


class GenerationParameterBaseModel(SchemaVersionedBaseModel, AbstractGenerationParameter):
    """One part of a job."""

    underlying_generation_scheme: UNDERLYING_GENERATION_SCHEME | None = None


class GenerationWithModelParameters(GenerationParameterBaseModel):
    """The part of a job that a model is run with."""

    underlying_generation_scheme: UNDERLYING_GENERATION_SCHEME = UNDERLYING_GENERATION_SCHEME.MODEL
    model: str | None = None
    """The model, by the horde's name."""
    model_baseline: str | None = None
    """What the model derives from, such as `stable_diffusion_xl`."""


T = TypeVar("T", bound=GenerationParameterBaseModel)
Y = TypeVar("Y", bound=GenerationParameterBaseModel)


class GenerationParameterList(RootModel[list[T]], AbstractGenerationParameter, Generic[T]):
    """Parts of a job in order."""

    model_config = ConfigDict(from_attributes=True, hide_input_in_errors=True)

    root: list[T] = Field(default_factory=list)

    def __iter__(self) -> Iterator[T]:  # type: ignore[override]  # a list of parts, not of fields
        return iter(self.root)

    def __len__(self) -> int:
        return len(self.root)

    def __getitem__(self, index: int) -> T:
        return self.root[index]

    def get_component_by_type(self, desired_type: type[Y]) -> Y | None:
        """Return the first part of that type, `None` if there is none."""
        return next((part for part in self.root if isinstance(part, desired_type)), None)

    def add_component(self, component: T) -> None:
        """Append a part."""
        self.root.append(component)
