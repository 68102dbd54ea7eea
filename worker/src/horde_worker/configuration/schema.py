"""Every key of the settings file, with its type, bounds, default and meaning; the documents are made from this.

What has no value here is left to the worker's defaults, so that a file says only what its owner chose.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from horde_worker.configuration.yaml_text import resolved

Role: TypeAlias = Literal["image", "text", "alchemy", "embedding"]
ROLES: Final[tuple[Role, ...]] = ("image", "text", "alchemy", "embedding")

SECRET: Final[JsonDict] = {"secret": True}
"""Keys whose values are never shown."""
LIVE: Final[JsonDict] = {"live": True}
"""Keys that take effect while the worker runs."""


def _one_or_many(value: Any) -> Any:
    """A list, also where one word stands for a list of one."""
    return [value] if isinstance(value, str) else [] if value is None else value


Words: TypeAlias = Annotated[list[str], BeforeValidator(_one_or_many)]


def _address(url: str) -> str:
    if not re.match(r"https?://[^/\s]", url):
        raise ValueError("an address begins with http:// or https://")
    return url.rstrip("/")


Address: TypeAlias = Annotated[str, AfterValidator(_address)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True, hide_input_in_errors=True, frozen=True)


class BackendEntry(BaseModel):
    """One backend. Keys that are not listed go to the backend as its own options (docs/worker/)."""

    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True, hide_input_in_errors=True, frozen=True)

    type: str = Field(description="Which: `comfyui`, `a1111`, `koboldcpp`, `llamacpp`, `openai`, `ollama`, `demo` …")
    url: Address | None = Field(None, description="Address of the program, for those that are attached.")
    api_key: str | None = Field(None, description="Its key, sent as a bearer.", repr=False, json_schema_extra=SECRET)
    user: str | None = Field(None, description="Name for basic authentication.")
    password: str | None = Field(None, description="Password for it.", repr=False, json_schema_extra=SECRET)
    models: dict[str, str] | None = Field(
        None, description="Which to offer, by their names in the horde: `{horde name: name in the program}`."
    )
    own_name: bool = Field(
        False, description="Work under a name of its own, also where another backend of its type shares one."
    )
    slots: int | None = Field(None, ge=1, le=50, description="Jobs that it does at the same time.")
    devices: Words | None = Field(None, description="Devices that it computes on, such as `cuda:0`.")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        """A word alone is the type; `type=url` both."""
        if isinstance(value, str):
            kind, _, url = value.partition("=")
            return {"type": kind} | ({"url": url} if url else {})
        known = cls.model_fields
        if not isinstance(value, dict):
            return value
        return {name: one if name in known else resolved(one) for name, one in value.items()}

    def __repr__(self) -> str:
        return f"BackendEntry({self.type!r})"  # a secret may be among its own options

    __str__ = __repr__

    def options(self) -> dict[str, object]:
        """What the backend is opened with: the keys that are set."""
        return dict(self.model_dump(exclude={"type", "own_name"}, exclude_none=True))


class Names(_Section):
    """Names by kind of work."""

    image: str | None = Field(None, description="Name of the worker of pictures.")
    text: str | None = Field(None, description="Name of the worker of texts.")
    alchemy: str | None = Field(None, description="Name of the alchemist.")
    embedding: str | None = Field(None, description="Name of the worker that makes vectors of texts.")


class Offer(_Section):
    """Which of the models that are there are offered."""

    models: Words = Field(
        [],
        description="Models to offer, of those that the backends have: names, or `all`, `all sdxl`, `all sd15`, "
        "`all sd21`, `all inpainting`, `all sfw`, `all nsfw`, `top 5`, `bottom 5`. Empty: all.",
    )
    skip: Words = Field([], description="Models not to offer, written in the same way; taken away last.")
    reference: str | None = Field(
        None, description="A file with what is known of models, as hordes publish it (`stable_diffusion.json`)."
    )
    large: bool = Field(True, description="Whether Flux and Stable Cascade are among what such words stand for.")


class Idle(_Section):
    """Your own use comes first."""

    after_local_use: float | None = Field(
        None, ge=0, le=86_400, description="Seconds without jobs after somebody else used the backend."
    )
    gpu_util_below: int | None = Field(
        None, ge=1, le=100, description="Take jobs only while the GPU is less busy, in %."
    )
    schedule: str | None = Field(
        None, description="Take jobs only then: `22:00-08:00`, `mon-fri 22:00-06:00; sat,sun 00:00-24:00`."
    )


class Memory(_Section):
    """Limits at which no more jobs are taken."""

    most_own_mb: int | None = Field(None, ge=50, description="Most that the worker itself may hold, in megabytes.")
    least_free_mb: int = Field(200, ge=0, description="Least that must be free on the machine, in megabytes.")


class Loras(_Section):
    """LoRAs are fetched once and kept, for backends that want files."""

    fetch: bool = Field(False, description="Fetch what jobs name, for backends that have a folder for it.")
    folder: str | None = Field(None, description="Where; default: the backend's, or the cache folder of your account.")
    ti_folder: str | None = Field(None, description="The same for textual inversions.")
    api_url: Address = Field("https://civitai.com/api/v1", description="Where they come from.")
    pinned: Words = Field([], description="Ids that are never given up for room.")
    max_gb: float | None = Field(None, gt=0, le=10_000, description="Most that is kept, in gigabytes.")
    civitai_token: str | None = Field(None, description="Your token of CivitAI.", repr=False, json_schema_extra=SECRET)


class Configuration(_Section):
    """The settings of a worker process."""

    horde: Address | None = Field(None, description="Address of the horde.")
    api_key: str | None = Field(None, description="Your key there.", repr=False, json_schema_extra=SECRET)
    name: str | None = Field(
        None,
        max_length=100,
        description="Name of the worker, unique in the horde. A second kind of work has it with `-text`, `-image`, "
        "`-alchemy`, `-embedding` added.",
    )
    names: Names = Field(Names(), description="Other names, by kind of work.")
    roles: Annotated[list[Role], BeforeValidator(_one_or_many)] = Field(
        [],
        description="Kinds of work: `image`, `text`, `alchemy`, `embedding`. Empty: all that the backends can.",
    )
    backends: Annotated[list[BackendEntry], BeforeValidator(_one_or_many)] = Field(
        [], description="What does the work. `auto`: what is found running on this machine, else the demo models."
    )
    offer: Offer = Field(Offer(), description="Which models are offered.")
    aliases: Words = Field(
        [], description="Model names that the first backend's model serves too (private hordes, tests)."
    )
    text_aliases: Words = Field([], description="The same for the text backend.")
    max_pixels: int | None = Field(
        None, ge=4096, description="Largest picture: width × height.", json_schema_extra=LIVE
    )
    max_length: int | None = Field(None, ge=16, description="Longest text, in tokens.", json_schema_extra=LIVE)
    max_context_length: int | None = Field(
        None, ge=80, description="Longest prompt and text together, in tokens.", json_schema_extra=LIVE
    )
    forms: Words = Field([], description="Forms of alchemy to offer. Empty: all that the backend can.")
    max_tiles: int | None = Field(
        None, ge=1, le=256, description="Largest source of alchemy, in tiles of 512×512 pixels.", json_schema_extra=LIVE
    )
    batch: int | None = Field(
        None, ge=1, le=20, description="Most results of one request at a time.", json_schema_extra=LIVE
    )
    queue: int | None = Field(None, ge=1, le=20, description="Jobs fetched ahead.")
    nsfw: bool = Field(True, description="Take requests marked as not safe for work.", json_schema_extra=LIVE)
    blacklist: Words = Field(
        [], max_length=200, description="Refuse prompts that contain one of these.", json_schema_extra=LIVE
    )
    censor_nsfw: bool = Field(
        False, description="With `nsfw: false`: what turns out unsafe all the same is replaced by a placeholder."
    )
    censorlist: Words = Field(
        [], max_length=200, description="Replace unsafe pictures of prompts that contain one of these."
    )
    safety: str = Field(
        "auto",
        description="Who judges pictures before they go out: `auto`, `nudenet`, `clip`, `onnx`, `http`, "
        "`closed_vocabulary`, `none` (docs/worker/safety.md).",
    )
    safety_options: Annotated[dict[str, Any], BeforeValidator(resolved)] = Field(
        {}, repr=False, description="What that judge must know."
    )
    source_proxy: str | None = Field(
        None, repr=False, description="A proxy by which places on the internet are reached.", json_schema_extra=SECRET
    )
    priority_usernames: Words = Field(
        [], max_length=200, description="Users served first, as `name#id`.", json_schema_extra=LIVE
    )
    require_upfront_kudos: bool = Field(
        False, description="Serve only who has the kudos for it in hand.", json_schema_extra=LIVE
    )
    limit_max_steps: bool = Field(
        False, description="Refuse pictures of more steps than usual for their model.", json_schema_extra=LIVE
    )
    extra_slow_worker: bool = Field(
        False, description="Three times the time for each job, from those who agree to that.", json_schema_extra=LIVE
    )
    allow_img2img: bool = Field(True, description="Take jobs with a source picture.", json_schema_extra=LIVE)
    allow_painting: bool = Field(True, description="Take inpainting.", json_schema_extra=LIVE)
    allow_unsafe_ip: bool = Field(True, description="Serve users behind proxies and VPNs.", json_schema_extra=LIVE)
    allow_post_processing: bool = Field(True, description="Take upscaling and the like.", json_schema_extra=LIVE)
    allow_controlnet: bool = Field(True, description="Take ControlNet.", json_schema_extra=LIVE)
    allow_sdxl_controlnet: bool = Field(True, description="Take it with SDXL models.", json_schema_extra=LIVE)
    allow_lora: bool = Field(True, description="Take LoRAs and textual inversions.", json_schema_extra=LIVE)
    named_only: bool = Field(
        False, description="Serve only requests that name this worker, to try it out.", json_schema_extra=LIVE
    )
    bridge_agent: str | None = Field(
        None, max_length=1000, description="How the worker names its software (docs/worker.md)."
    )
    private_networks: Words = Field(
        [], description="Networks of your own that the horde may point to, such as `192.168.1.0/24`."
    )
    exit_on_maintenance: bool = Field(False, description="Leave when put into maintenance (exit code 4).")
    remove_maintenance_on_start: bool = Field(False, description="Take the worker out of maintenance when it starts.")
    idle: Idle = Field(Idle(), description="When the worker steps back.")
    memory: Memory = Field(Memory(), description="When there is too little memory.")
    loras: Loras = Field(Loras(), description="LoRAs and textual inversions.")
    service: bool = Field(
        False, description="Go on where a person would be asked: wait for backends, try again every ten minutes."
    )
    spool_folder: str | None = Field(
        None, description="Where finished results wait for the horde; default: the state folder of your account."
    )
    view: Literal["auto", "tui", "plain", "json"] = Field(
        "auto",
        description="`tui`: a screen (extra `tui`), `plain`: lines, `json`: lines for programs. `auto`: the screen "
        "in a terminal, lines elsewhere.",
    )
    dashboard: str = Field("off", description="The page on this machine: `127.0.0.1:7017`, or `off`.")
    private: bool = Field(False, description="The page shows no pictures.", json_schema_extra=LIVE)

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_the_default(cls, value: Any) -> Any:
        """A key without a value, as in files that list them all, says nothing."""
        if isinstance(value, dict):
            return {name: one for name, one in value.items() if one is not None}
        return value


def is_live(key: str) -> bool:
    """Whether a change of this key takes effect while the worker runs."""
    extra = Configuration.model_fields[key].json_schema_extra
    return isinstance(extra, dict) and bool(extra.get("live"))
