"""Every setting of the server in one typed object, made once at start and handed in.

Read from environment variables with the prefix `HORDE_` (and from `.env` in the working folder). Nothing else in the
server reads the environment. A setting that the original server has too keeps its name, prefixed where it lacks it.
"""

from __future__ import annotations

import json
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args
from urllib.parse import parse_qs, urlsplit

from pydantic import BeforeValidator, Field, FilePath, IPvAnyNetwork, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from horde_server.sign_in_providers import SignInProvider

DialectName = Literal["openai", "anthropic", "ollama", "kobold", "sdapi", "mcp"]
DIALECT_NAMES: tuple[DialectName, ...] = get_args(DialectName)


class Profile(StrEnum):
    """How strictly requests are admitted."""

    HOUSEHOLD = "household"  # among people who know each other: never asks for kudos up front
    PUBLIC = "public"  # the rules of the public horde


class ForeignModels(StrEnum):
    """What becomes of names of models that only the official services of other dialects have."""

    ANY = "any"  # any model of the kind serves them
    REFUSE = "refuse"  # nobody has such a model


class KeepAlive(StrEnum):
    """What goes out on a stream in which nothing has happened for a while."""

    COMMENT = "comment"  # a comment of server-sent events
    CHUNK = "chunk"  # an empty piece, for readers who choke on comments
    OFF = "off"  # nothing


class RegistrationMode(StrEnum):
    """Who may make themselves an account."""

    OPEN = "open"  # everybody
    INVITATION = "invitation"  # who has an invitation
    APPROVAL = "approval"  # everybody, but who has no invitation waits for a moderator
    CLOSED = "closed"  # nobody


def _place(setting: str) -> tuple[str, ...]:
    """The same for a folder or bucket, however it is written."""
    if not setting.startswith("s3://"):
        return (str(Path(setting).resolve()),)
    url = urlsplit(setting)
    return (url.netloc, url.path.strip("/"), *parse_qs(url.query).get("endpoint", []))


def _networks(value: Any) -> Any:
    """The items of a JSON list, or of one with commas between them; the first that is no network is named."""
    try:
        if isinstance(value, str):
            is_json = value.lstrip().startswith("[")
            value = json.loads(value) if is_json else [item.strip() for item in value.split(",") if item.strip()]
        for item in value if isinstance(value, list) else ():
            ip_network(item)
    except ValueError as error:
        raise ValueError(f"{error}; write addresses and networks like 172.18.0.2,172.18.0.0/16") from error
    return value


Networks = Annotated[list[IPvAnyNetwork], NoDecode, BeforeValidator(_networks)]


class Settings(BaseSettings):
    """The settings of one server process. All limits are per horde unless they say otherwise."""

    model_config = SettingsConfigDict(env_prefix="HORDE_", env_file=".env", extra="ignore", populate_by_name=True)

    # Where it listens and keeps things
    host: str = Field("127.0.0.1", description="Address to listen on; 0.0.0.0 for every interface.")
    port: int = Field(7001, ge=0, le=65535, description="TCP port to listen on.")
    data: Path = Field(Path("horde-data"), description="Data folder: embedded database, blobs, secrets, logs.")
    database_url: str | None = Field(
        None, description="An existing PostgreSQL (15 or newer). Without it an embedded one runs in the data folder."
    )
    database_wait_s: float = Field(
        30.0,
        gt=0,
        le=3600,
        description="How long to wait at start for a database that does not answer yet, in seconds.",
    )
    database_silence_s: float = Field(
        4.0,
        ge=1,
        le=60,
        description="Seconds without any answer after which the database counts as away: until it answers again, what "
        "needs it is refused at once (503).",
    )
    database_statement_limit_s: float = Field(
        30.0, ge=1, le=3600, description="Seconds after which the database ends a statement that somebody waits for."
    )
    database_lock_limit_s: float = Field(
        10.0, ge=0.1, le=3600, description="Seconds that a statement waits for a lock in the database."
    )
    database_idle_limit_s: float = Field(
        60.0,
        ge=1,
        le=3600,
        description="Seconds after which the database ends a transaction in which nothing happens.",
    )
    database_pool_size: int = Field(8, ge=2, le=200, description="Most database connections of one server process.")
    processes: int = Field(1, ge=1, le=64, description="Server processes sharing the port and the database.")
    blobs: str | None = Field(
        None,
        description="Where images are kept: a folder, or s3://bucket?endpoint=…; default: `blobs` in the data folder.",
    )
    source_blobs: str | None = Field(
        None, description="Where the images that requests start from are kept; default: with the others."
    )
    shared_blobs: str | None = Field(
        None,
        description="Where images are kept for good whose requesters share them (`shared`): a folder or bucket of "
        "its own; unset: nothing is shared.",
    )
    prompt_evidence: str | None = Field(
        None,
        description="Where prompts are kept for good that a filter refused: a folder or bucket of its own; unset: "
        "they are not kept.",
    )
    min_free_bytes: int = Field(
        100 * 2**20,
        ge=0,
        description="Free bytes on the disks of the embedded database and of folders with images below which /readyz "
        "is 503, so that a load balancer sends requests elsewhere.",
    )
    min_free_inodes: int = Field(
        1000, ge=0, description="The same for the number of files that can still be made there."
    )
    url: str | None = Field(
        None,
        description="Public base URL for absolute links, without a path. Default: the scheme and Host of each request.",
    )
    trusted_proxies: Networks = Field(
        [IPv4Network("127.0.0.0/8"), IPv6Network("::1/128")],
        description="Addresses and networks of your own reverse proxies, as a JSON list or with commas between them: "
        "only there is believed whom they say that they forward for (behind-a-proxy.md). Default: this machine.",
    )

    # Who is who
    title: str = Field("OpenHorde", description="Display name of this horde.")
    email: str = Field(
        "", description="Contact address shown in the API documentation, the terms and the privacy page."
    )
    repository: str = Field(
        "", description="Address of the source that this horde runs, told at /.well-known/serviceinfo."
    )
    logo: str = Field("", description="Address of a picture of this horde, told at /.well-known/serviceinfo.")
    content_folder: Path | None = Field(
        None,
        description="Folder with news (`news/*.md`), `terms.md`, `privacy.md` and `sponsors.md` "
        "([content.md](content.md)). Default: `content` in the data folder.",
    )
    admins: list[str] = Field(
        default_factory=list,
        description='Administrators as a JSON list of aliases, for example ["ada#1"]. Only the number after # counts.',
    )
    profile: Profile = Field(
        Profile.PUBLIC,
        description="Admission rules: `public` (the public horde's, upfront kudos for heavy requests) or `household`.",
    )
    upfront_kudos_on_workerlist: bool = Field(
        False, description="Naming workers in a request needs kudos in hand and cannot be downgraded."
    )
    require_matched_targeting: bool = Field(
        False,
        description="Image requests that name their workers are only served by workers that list the requester as a "
        "friend (or are the requester's own), at a tenth of a kudos per image.",
    )
    deleted_account_retention_days: int = Field(
        30,
        ge=0,
        le=3650,
        description="Days after which an account that is marked for deletion, and was not active since, is wiped by "
        "itself: name, keys, addresses, workers and pictures.",
    )
    kudos_trust_threshold: int | None = Field(
        None, ge=0, description="Escrowed kudos that make an account trusted after a week; unset: never automatically."
    )

    profane_words: FilePath | None = Field(
        None,
        description="File with words refused in names and public texts, one a line (`*` in front or behind: also "
        "within longer words); default: a built-in list.",
    )

    ip_checker: str | None = Field(
        None,
        pattern=r"^https?://.*\{ipaddr\}",
        description="URL, with {ipaddr} in it, that answers how probable it is that an address is a VPN's; asked about "
        "untrusted workers, in raid mode also about untrusted requesters. Unset: every address is safe.",
    )
    disable_filters: bool = Field(
        False, description="Hold no prompt against the filters, and rewrite none; the filters can still be edited."
    )

    # New users
    registration: RegistrationMode | None = Field(
        None,
        description="Who may make themselves an account: `open` (everybody), `invitation` (who was invited), "
        "`approval` (everybody, but who was not invited waits for a moderator) or `closed`. Default: `invitation` in "
        "the `household` profile, `open` in `public` ([api/registration.md](api/registration.md)).",
    )
    registrations_per_hour: int = Field(
        5,
        ge=0,
        le=1_000_000,
        description="Most accounts that one IPv4 address or IPv6 network of 64 bits makes in an hour without an "
        "invitation, its wider network three times as many; 0: any number.",
    )
    registrations_per_day: int = Field(10, ge=0, le=1_000_000, description="The same for a day.")
    sign_in_providers: list[SignInProvider] = Field(
        default_factory=list,
        max_length=20,
        description="Services whose users may sign in here, as a JSON list of objects; needs HORDE_URL "
        "([api/registration.md](api/registration.md) §5).",
    )

    # Limits
    rate_limits: bool = Field(True, description="Enforce the rate limits of the API; 0 turns them off.")
    rate_limit_storage: str | None = Field(
        None,
        description="Store of the counters shared by all processes, such as redis://host (needs the package `redis`). "
        "Default: each process enforces its share.",
    )
    rate_limit_whitelist: Networks = Field(
        default_factory=list,
        description="Client addresses and networks with the raised limits, as a JSON list or with commas between them.",
    )
    allow_private_addresses: bool = Field(
        False,
        description="Let users' URLs of source images lead to private addresses and any port; "
        "without it to public addresses on port 80 and 443 only.",
    )
    webhook_private_networks: list[IPvAnyNetwork] = Field(
        default_factory=list,
        description="Private networks that webhooks may lead to, on any port, as a JSON list, for example "
        '["10.0.0.0/8"]. Elsewhere they lead to public addresses on port 443 only.',
    )
    webhook_ca_file: FilePath | None = Field(
        None,
        description="Certificates in a PEM file that receivers of webhooks may be vouched for by, besides the usual.",
    )
    max_body_bytes: int = Field(
        30 * 1024 * 1024,
        ge=1024,
        description="Largest accepted request body in bytes where images come inline; elsewhere less "
        "([limits.md](limits.md)).",
    )
    bodies_in_flight_bytes: int = Field(
        32 * 1024 * 1024,
        ge=1024 * 1024,
        description="Bytes of large request bodies (over 64 KiB) that one server process holds at a time; beyond it "
        "the largest body of whoever sends most is refused.",
    )
    max_connections: int = Field(
        4096,
        ge=16,
        description="Most open connections of one server process; fewer where `ulimit -n` leaves no room for them. "
        "Idle ones give way to new ones.",
    )
    max_connections_per_address: int = Field(
        256,
        ge=1,
        description="Most open connections from one IPv4 address or IPv6 network of 64 bits; "
        "trusted proxies are exempt.",
    )
    first_byte_s: float = Field(15.0, gt=0, description="Seconds in which a new connection must begin its request.")
    headers_s: float = Field(15.0, gt=0, description="Seconds in which the headers of a request must arrive.")
    keep_alive_s: float = Field(
        65.0,
        gt=0,
        description="Seconds that a connection stays open without a request; longer than proxies keep theirs (60).",
    )
    progress_bytes_per_s: float = Field(
        1000.0, ge=0, description="Slowest accepted transfer of bodies and answers in bytes per second."
    )
    progress_grace_s: float = Field(
        15.0, gt=0, description="Seconds over which the speed of a transfer is averaged before it is judged."
    )

    # Models
    image_compvis_reference: str | None = Field(
        None,
        description="Catalogue of image models: URL or file with a JSON object by model name (`baseline`, `nsfw`, "
        "`inpainting`, `type`, `requirements`), read at start and hourly. Default: a built-in list.",
    )
    image_diffusers_reference: str | None = Field(
        None, description="A second catalogue of image models, merged over the first: URL or file."
    )
    image_llm_reference: str | None = Field(
        None,
        description="Catalogue of text models: URL or file with a JSON object by model name (`parameters`, a plain "
        "count), read at start and hourly. Default: a built-in list.",
    )

    model_fallback: bool | None = Field(
        None,
        description="Serve requests whose models nobody online has with the models that there are, and say so in a "
        "warning; otherwise they wait. Default: on in the `household` profile, off in `public`.",
    )

    # Other dialects over the same queue (gateway.md)
    dialects: list[DialectName] = Field(
        list(DIALECT_NAMES),
        description="The foreign dialects that are served, as a JSON list; of the others every address is 404 "
        "([gateway.md](gateway.md)).",
    )
    dialect_ports: dict[DialectName, Annotated[int, Field(ge=0, le=65535)]] = Field(
        default_factory=dict,
        description='Further ports of the same server for apps that have one built in, as JSON: {"ollama": 11434, '
        '"kobold": 5001, "sdapi": 7860}. All of them serve everything.',
    )
    key_in_path: bool | None = Field(
        None,
        description="Take `/k/KEY/` before an address of a dialect as the key, for apps that can send no header. "
        "Default: on in the `household` profile, off in `public`: proxies log addresses.",
    )
    placeholder_keys: list[Annotated[str, Field(max_length=255)]] | None = Field(
        None,
        max_length=1000,
        description="Keys that programs of other dialects send when nobody gave them one, as a JSON list: who sends "
        "one is anonymous. Default: a built-in list ([api/gateway.md](api/gateway.md)).",
    )
    foreign_models: ForeignModels | None = Field(
        None,
        description="Names of models of the official services (`gpt-*`, `claude-*`, `dall-e-*` …) that name nothing "
        "here: `any` model serves them, or `refuse`. Default: `any` in the `household` profile, `refuse` in `public`.",
    )
    model_aliases: dict[Annotated[str, Field(max_length=255)], Annotated[str, Field(max_length=255)]] = Field(
        default_factory=dict,
        max_length=10_000,
        description='Further names of models for all dialects, as JSON: {"gpt-4o-mini": "koboldcpp/…"}.',
    )
    mcp_origins: list[str] = Field(
        default_factory=list,
        max_length=100,
        description="Web pages that may use this horde's MCP tools besides its own, by origin, as a JSON list.",
    )
    mcp_wait_s: float = Field(
        50.0, ge=1, le=600, description="Seconds that an MCP tool waits for its result; then it tells how to fetch it."
    )
    gateway_strict: bool = Field(
        False, description="Refuse fields of a dialect that no worker can honour; otherwise they are named and ignored."
    )
    gateway_max_wait_s: float = Field(
        580.0,
        ge=10,
        le=1200,
        description="Seconds that a dialect's call waits for its answer, of a stream for its next piece; below what "
        "clients wait (600) and below HORDE_REQUEST_LIFETIME_S.",
    )
    gateway_hopeless_s: float = Field(
        20.0,
        ge=-1,
        le=1200,
        description="Seconds after which a dialect's call is refused that no worker online could serve all the while; "
        "0: at once, -1: never.",
    )
    gateway_whitespace_s: float = Field(
        0.0,
        ge=0,
        le=600,
        description="Seconds after which a dialect's answer begins with line feeds while it is waited for, so that "
        "proxies do not give up; a later failure then comes with status 200. 0: never.",
    )
    gateway_default_max_length: int = Field(
        512, ge=16, le=4096, description="Tokens of a dialect's text for which the client names no limit."
    )
    gateway_nsfw: bool = Field(
        True, description="Whether pictures asked for in a dialect may be NSFW; 0: such are censored."
    )
    sse_keepalive_s: float = Field(
        10.0, ge=1, le=600, description="Seconds of silence on a dialect's stream after which something goes out."
    )
    sse_keepalive: KeepAlive = Field(
        KeepAlive.COMMENT, description="What that is: a `comment`, an empty `chunk`, or `off`."
    )
    max_wait_s: int = Field(
        55, ge=1, le=600, description="Most seconds that an answer is held back for `Prefer: wait=N`."
    )
    text_templates: FilePath | None = Field(
        None, description="File with chat templates of your own, looked at before the built-in ones."
    )

    # Queue
    priority_head_start_s: float = Field(
        1800.0, ge=0, description="Most seconds of waiting that kudos can buy; reached only asymptotically."
    )
    request_lifetime_s: int = Field(1200, ge=60, description="Seconds a request lives after its last activity.")
    streams_per_address: int = Field(
        32,
        ge=1,
        le=10_000,
        description="Answers that one client address may have held open: streams, events, and waits for news.",
    )
    stream_silence_s: float = Field(
        30.0,
        ge=1,
        description="Seconds without a sign of life after which a worker that streams is taken for lost, and its job "
        "goes to another ([api/streams.md](api/streams.md) §5).",
    )
    sweep_interval_s: float = Field(
        2.0, gt=0, description="Seconds between sweeps for overdue jobs and expired requests."
    )
    fold_interval_s: float = Field(1.0, gt=0, description="Seconds between foldings of ledger entries into balances.")
    reconcile_interval_s: float = Field(
        15.0, gt=0, description="Seconds between comparisons of the in-memory queue with the database."
    )
    task_concurrency: int = Field(
        16, ge=1, le=1000, description="Durable tasks (webhooks and the like) that one server process does at a time."
    )
    task_poll_interval_s: float = Field(
        5.0,
        gt=0,
        description="Seconds between looks for durable tasks whose next attempt is due; new ones start at once.",
    )
    blob_lifetime_s: int = Field(
        7200, ge=60, description="Seconds after its upload at which an image is removed that no request needs."
    )

    # Tests only
    test_apikeys: bool = Field(False, description="Test only: enable POST /api/v2/dev/test-user for loopback callers.")
    test_ratelimit_disabled: bool = Field(
        False, description="Test only: turn off the rate limits, as HORDE_RATE_LIMITS=0."
    )

    @model_validator(mode="after")
    def _check_places(self) -> Self:
        """What is kept for good must not lie where the rest is swept away."""
        swept = {_place(place) for place in (self.blobs or str(self.data / "blobs"), self.source_blobs) if place}
        for kept in (self.shared_blobs, self.prompt_evidence):
            if kept and _place(kept) in swept:
                raise ValueError(f"{kept} is swept regularly: what is kept for good needs a place of its own")
        return self

    @model_validator(mode="after")
    def _check_providers(self) -> Self:
        """Who comes back from a provider must find this horde, wherever the request said that it was."""
        names = [each.name for each in self.sign_in_providers]
        if len(set(names)) < len(names):
            raise ValueError("each provider needs a name of its own")
        if names and not self.url:
            raise ValueError("sign_in_providers need HORDE_URL: providers send people back to there")
        return self

    @property
    def registration_mode(self) -> RegistrationMode:
        """Who may make themselves an account."""
        if self.registration is not None:
            return self.registration
        return RegistrationMode.INVITATION if self.profile is Profile.HOUSEHOLD else RegistrationMode.OPEN

    @property
    def limits_enabled(self) -> bool:
        """Whether rate limits are enforced at all."""
        return self.rate_limits and not self.test_ratelimit_disabled

    @property
    def falls_back(self) -> bool:
        """Whether a request whose models nobody has is served with others."""
        return self.profile is Profile.HOUSEHOLD if self.model_fallback is None else self.model_fallback

    @property
    def takes_key_in_path(self) -> bool:
        """Whether `/k/KEY/` before a dialect's address is a key."""
        return self.profile is Profile.HOUSEHOLD if self.key_in_path is None else self.key_in_path

    @property
    def any_for_foreign_models(self) -> bool:
        """Whether any model serves what only an official service has."""
        if self.foreign_models is not None:
            return self.foreign_models is ForeignModels.ANY
        return self.profile is Profile.HOUSEHOLD

    @property
    def admin_ids(self) -> frozenset[int]:
        """Account ids of the administrators; ids rather than aliases, so that a rename does not lose the right."""
        tails = (alias.rpartition("#")[2] for alias in self.admins)
        return frozenset(int(tail) for tail in tails if tail.isascii() and tail.isdigit())
