"""The settings of a worker, as its operator writes them in `bridgeData.yaml`.

Load the file with any YAML library and hand the mapping to a model: `CombinedHordeBridgeData.model_validate(settings)`.
Fields go by their names here or by the names in the file (aliases). Models are mutable and keep what they do not know,
so that workers may add settings of their own, as fields of a subclass or without.
"""

from __future__ import annotations

from typing import Any, Self, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, PrivateAttr, field_validator, model_validator

from horde_sdk.consts import ANON_API_KEY, API_KEY_LENGTH
from horde_sdk.generation_parameters.alchemy.consts import KNOWN_ALCHEMY_FORMS
from horde_sdk.horde_logging import logger
from horde_sdk.worker.dispatch.ai_horde.meta_instructions import MetaInstruction, part_meta_instructions
from horde_sdk.worker.dispatch.ai_horde.other_workers_settings import OTHER_WORKERS_SETTINGS

__all__ = [
    "ALL_DATA_FILES_TYPES",
    "BaseHordeBridgeData",
    "CombinedHordeBridgeData",
    "ImageWorkerBridgeData",
    "MetaInstruction",
    "ScribeBridgeData",
    "SharedHordeBridgeData",
]

PIXELS_PER_POWER = 8 * 64 * 64
"""What one unit of `max_power` stands for."""

DEFAULT_FORMS = [
    KNOWN_ALCHEMY_FORMS.caption,
    KNOWN_ALCHEMY_FORMS.nsfw,
    KNOWN_ALCHEMY_FORMS.interrogation,
    KNOWN_ALCHEMY_FORMS.post_process,
]
DEFAULT_MODELS = ["top 2"]
NEVER_LOADED = "SDXL_beta::stability.ai#6901"
"""A model that one worker alone can run."""


class BaseHordeBridgeData(BaseModel):
    """Settings, whatever the worker."""

    model_config = ConfigDict(
        extra="allow",
        validate_by_name=True,
        validate_by_alias=True,
        hide_input_in_errors=True,  # it may be the key
    )

    @model_validator(mode="before")
    @classmethod
    def _nothing_after_the_colon_is_left_out(cls, given: Any) -> Any:
        """`models_to_load:` without a list is an empty list, any other setting without a value has its default."""
        if not isinstance(given, dict):
            return given
        kinds = {
            key: field.annotation
            for name, field in cls.model_fields.items()
            for key in (name, field.alias, *_choices(field.validation_alias))
        }
        read = {}
        for key, value in given.items():
            kind = kinds.get(key)
            if value is not None or key not in kinds or type(None) in get_args(kind):
                read[key] = value
            elif get_origin(kind) is list:
                read[key] = []
        return read

    @model_validator(mode="after")
    def validate_extra_params_warning(self) -> Self:
        """Warn of settings that no worker has: they may be misspelt."""
        for name in sorted((self.model_extra or {}).keys() - OTHER_WORKERS_SETTINGS):
            logger.warning("unknown setting %s in the bridge data", name)
        return self


class SharedHordeBridgeData(BaseHordeBridgeData):
    """Settings of workers of every kind."""

    api_key: str = Field(default=ANON_API_KEY, repr=False)
    default_worker_name: str = Field(default="An Awesome AI Horde Worker", alias="worker_name")
    models_folder_parent: str = Field(
        default="./",
        alias="cache_home",
        validation_alias=AliasChoices("cache_home", "nataili_cache_home"),
    )
    temp_dir: str = Field(default="./tmp/", validation_alias=AliasChoices("temp_dir", "ray_temp_dir"))
    allow_unsafe_ip: bool = True
    """Take jobs of requesters behind VPNs and proxies."""
    priority_usernames: list[str] = Field(default_factory=list)
    """Whose jobs come first, as `alias#id`."""
    stats_output_frequency: int = 30
    """Seconds; 0 for never."""
    disable_terminal_ui: bool = False
    always_download: bool = True
    suppress_speed_warnings: bool = False
    horde_url: str = ""
    """With or without `/api` and `/api/v2`; empty for the public horde."""

    @field_validator("api_key", mode="before")
    @classmethod
    def _yaml_reads_zeros_as_a_number(cls, api_key: Any) -> Any:
        return ANON_API_KEY if isinstance(api_key, int) and api_key == 0 else api_key

    @field_validator("api_key")
    @classmethod
    def validate_api_key_length(cls, api_key: str) -> str:
        """Refuse what cannot be a key."""
        if api_key != ANON_API_KEY and len(api_key) != API_KEY_LENGTH:
            raise ValueError(f"an API key has {API_KEY_LENGTH} characters")
        return api_key

    @field_validator("horde_url")
    @classmethod
    def validate_url(cls, url: str) -> str:
        """Refuse what is no URL."""
        try:
            parts = urlsplit(url)
        except ValueError:
            raise ValueError("horde_url is no URL") from None
        if url and not (parts.scheme and parts.netloc):
            raise ValueError("horde_url wants a scheme and a host, such as https://aihorde.net")
        return url


class ImageWorkerBridgeData(SharedHordeBridgeData):
    """Settings of workers that make images (dreamers), and do alchemy."""

    extra_stable_diffusion_models_folders: list[str] = Field(default_factory=list)
    allow_controlnet: bool = False
    allow_sdxl_controlnet: bool = False
    allow_img2img: bool = True
    allow_lora: bool = False
    extra_slow_worker: bool = False
    limit_max_steps: bool = False
    max_lora_cache_size: int = Field(default=10, ge=10, le=2048)
    """Gigabytes."""
    allow_inpainting: bool = Field(default=False, alias="allow_painting")
    allow_post_processing: bool = False
    blacklist: list[str] = Field(default_factory=list)
    """Jobs with one of these words are not taken."""
    censor_nsfw: bool = False
    censorlist: list[str] = Field(default_factory=list)
    """Of jobs with one of these words, images that are not safe for work are never delivered."""
    disable_disk_cache: bool = False
    dreamer_worker_name: str = Field(default="An Awesome Dreamer", alias="dreamer_name")
    dynamic_models: bool = False
    max_dynamic_models_to_download: int = Field(default=10, alias="max_models_to_download", ge=0, le=1000)
    number_of_dynamic_models_to_load: int = Field(default=1, alias="number_of_dynamic_models", ge=0, le=1000)
    max_power: int = Field(default=8, ge=1, le=512)
    """The largest image, see `max_pixels`: 8 is 512 by 512, 32 is 1024 by 1024."""
    image_models_to_load: list[str] = Field(default_factory=list, alias="models_to_load")
    """Names of models. Instructions among them (`top 2`) move to `meta_load_instructions`."""
    image_models_to_skip: list[str] = Field(default_factory=list, alias="models_to_skip")
    """Names of models. Instructions among them (`all nsfw`) move to `meta_skip_instructions`."""
    nsfw: bool = True
    queue_size: int = Field(default=1, ge=0, le=4)
    max_threads: int = Field(default=1, ge=1, le=16)
    max_batch: int = Field(default=1, ge=1, le=20)
    require_upfront_kudos: bool = False
    ram_to_leave_free: str = Field(default="80%", pattern=r"^\d+%$|^\d+$")
    """Megabytes, or a share of all there is."""
    vram_to_leave_free: str | None = Field(default="80%", pattern=r"^\d+%$|^\d+$")
    """Megabytes, or a share of all there is."""
    alchemist_name: str = "An Awesome Alchemist"
    forms: list[str] = Field(default_factory=list)
    """What the alchemist does. An empty list is all that every alchemist can do."""

    _meta_load_instructions: list[str] | None = PrivateAttr(default=None)
    _meta_skip_instructions: list[str] | None = PrivateAttr(default=None)

    @property
    def max_pixels(self) -> int:
        """The largest image that is taken, width times height."""
        return self.max_power * PIXELS_PER_POWER

    @property
    def meta_load_instructions(self) -> list[str] | None:
        """The instructions that stood among the models to load."""
        return self._meta_load_instructions

    @property
    def meta_skip_instructions(self) -> list[str] | None:
        """The instructions that stood among the models to skip."""
        return self._meta_skip_instructions

    @field_validator("forms")
    @classmethod
    def validate_alchemy_forms(cls, forms: list[str]) -> list[str]:
        """Refuse forms that nobody knows; `post-process` is understood."""
        if not forms:
            logger.info("no alchemy forms are set: all that every alchemist can do are offered")
            return [str(form) for form in DEFAULT_FORMS]
        known = [form.lower().replace("-", "_") for form in forms]
        for form in known:
            if form not in KNOWN_ALCHEMY_FORMS.__members__:
                raise ValueError(f"there is no alchemy form {form}; known are {', '.join(KNOWN_ALCHEMY_FORMS)}")
        return known

    @field_validator("ram_to_leave_free", "vram_to_leave_free")
    @classmethod
    def validate_ram_to_leave_free(cls, amount: str | None) -> str | None:
        """Refuse more than all there is."""
        if amount is not None and amount.endswith("%") and int(amount[:-1]) > 100:
            raise ValueError("no more than 100% can be left free")
        return amount

    @field_validator("image_models_to_load")
    @classmethod
    def validate_models_to_load(cls, models: list[str]) -> list[str]:
        """Load the most wanted models where the list is empty."""
        if not models:
            logger.warning("no models are set: the two most wanted are loaded")
            return [*DEFAULT_MODELS]
        return models

    @model_validator(mode="after")
    def validate_model(self) -> Self:
        """Switch off what needs something that is off."""
        if self.allow_controlnet and not self.allow_img2img:
            logger.warning("allow_controlnet needs allow_img2img: it is off")
            self.allow_controlnet = False
        if self.allow_sdxl_controlnet and not self.allow_controlnet:
            logger.warning("allow_sdxl_controlnet needs allow_controlnet: it is off")
            self.allow_sdxl_controlnet = False
        return self

    @model_validator(mode="after")
    def handle_meta_instructions(self) -> Self:
        """Part the instructions from the models to load."""
        self.image_models_to_load, instructions = part_meta_instructions(self.image_models_to_load)
        self._meta_load_instructions = instructions or self._meta_load_instructions
        return self

    @model_validator(mode="after")
    def handle_meta_skip_instructions(self) -> Self:
        """Part the instructions from the models to skip, and skip what nobody can load."""
        self.image_models_to_skip, instructions = part_meta_instructions(self.image_models_to_skip)
        self._meta_skip_instructions = instructions or self._meta_skip_instructions
        if NEVER_LOADED not in self.image_models_to_skip:
            self.image_models_to_skip.append(NEVER_LOADED)
        return self


class ScribeBridgeData(SharedHordeBridgeData):
    """Settings of workers that write texts (scribes)."""

    scribe_name: str = "An Awesome Scribe"
    kai_url: str = "http://localhost:5000"
    """Where KoboldAI, or what speaks like it, listens."""
    max_context_length: int = Field(default=1024, ge=1, le=16384)
    """Tokens."""
    max_length: int = Field(default=80, ge=1, le=16384)
    """Tokens."""
    branded_model: bool = True
    """Add the operator's name to the model's, so that only requests that name both get it."""


class CombinedHordeBridgeData(ImageWorkerBridgeData, ScribeBridgeData):
    """Settings of workers of all kinds in one file.

    Example:
        >>> settings = {"dreamer_name": "mine", "max_power": 32, "models_to_load": ["top 2", "Deliberate"]}
        >>> read = CombinedHordeBridgeData.model_validate(settings)
        >>> read.max_pixels, read.image_models_to_load, read.meta_load_instructions
        (1048576, ['Deliberate'], ['top 2'])
    """


ALL_DATA_FILES_TYPES = [SharedHordeBridgeData, ImageWorkerBridgeData, ScribeBridgeData, CombinedHordeBridgeData]
"""Whatever a `bridgeData.yaml` may be read as."""


def _choices(alias: Any) -> list[Any]:
    if isinstance(alias, AliasChoices):
        return list(alias.choices)
    return [] if alias is None else [alias]
