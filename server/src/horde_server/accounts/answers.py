"""What is told of users (accounts.md §3.3, §5)."""

from __future__ import annotations

from pydantic import Field

from horde_server.http.answers import Answer


class UserKudosDetails(Answer):
    """Where the user's kudos came from and went to."""

    accumulated: float
    gifted: float
    donated: float
    admin: float
    received: float
    recurring: float
    awarded: float
    styled: float


class UserThingRecords(Answer):
    """Amounts of work."""

    megapixelsteps: float
    tokens: int


class UserAmountRecords(Answer):
    """Numbers of jobs."""

    image: int
    text: int
    interrogation: int = 0


class UserRecords(Answer):
    """What the user asked for and served."""

    usage: UserThingRecords
    contribution: UserThingRecords
    fulfillment: UserAmountRecords
    request: UserAmountRecords
    style: UserAmountRecords


class ResponseModelStylesUser(Answer):
    """A style of the user, by its unique name."""

    id: str
    name: str
    type: str


class MonthlyKudos(Answer):
    """Kudos paid every month."""

    amount: int = 0
    last_received: str | None = None


class UserActiveGenerations(Answer):
    """Ids of open requests."""

    image: list[str] = Field([])
    text: list[str] = Field([])
    alchemy: list[str] = Field([])


class UsageDetails(Answer):
    """Obsolete: see `records`."""

    megapixelsteps: float | None
    requests: int | None


class ContributionsDetails(Answer):
    """Obsolete: see `records`."""

    megapixelsteps: float | None
    fulfillments: int | None


class UserDetails(Answer):
    """A user; fields with a default are shown to the user or to moderators, where there is something to show.

    In a list every field is there, and null or empty where nothing is told to everybody.
    """

    username: str
    id: int
    kudos: float
    concurrency: int
    worker_invited: int
    moderator: bool
    trusted: bool
    flagged: bool
    service: bool
    education: bool
    customizer: bool
    deleted: bool
    pseudonymous: bool
    worker_count: int
    account_age: int
    kudos_details: UserKudosDetails
    usage: UsageDetails
    contributions: ContributionsDetails
    records: UserRecords
    styles: list[ResponseModelStylesUser]
    worker_ids: list[str] | None = None
    sharedkey_ids: list[str] | None = None
    contact: str | None = None
    model_aliases: dict[str, str] | None = None  # beyond the original API
    vpn: bool | None = None
    special: bool | None = None
    active_generations: UserActiveGenerations = UserActiveGenerations()
    evaluating_kudos: float | None = None
    monthly_kudos: MonthlyKudos | None = None
    suspicious: int | None = None
    admin_comment: str | None = None
    proxy_passkey: str | None = None
    administrator: bool = False


class ModifyUser(Answer):
    """What was changed, as it is now."""

    new_kudos: float = 0
    monthly_kudos: int = 0
    usage_multiplier: float = 1
    concurrency: int = 30
    worker_invited: int = 0
    moderator: bool = False
    trusted: bool = False
    flagged: bool = False
    customizer: bool = False
    vpn: bool = False
    service: bool = False
    education: bool = False
    special: bool = False
    public_workers: bool = False
    username: str = ""
    contact: str = ""
    model_aliases: dict[str, str] = Field({})
    admin_comment: str = ""
    proxy_passkey: str = ""
    new_suspicion: int = 0
    undeleted: bool = False
