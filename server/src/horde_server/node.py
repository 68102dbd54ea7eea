"""One server process: its services, built once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import structlog

from horde_server.blobs.choice import BlobStores, open_blob_stores
from horde_server.blobs.decoding import Decoders
from horde_server.blobs.guard import ANYWHERE, PUBLIC
from horde_server.blobs.guarded_fetch import GuardedFetcher
from horde_server.database.notices import NoticeBoard
from horde_server.database.pool import Pool
from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.dispatch.down_time import DownTime
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.dispatch.mirror import Mirror
from horde_server.dispatch.submission import Submissions
from horde_server.http.client_address import ClientAddresses
from horde_server.identity.directory import AccountDirectory
from horde_server.models.updates import CatalogueAddresses, ReferenceUpdates
from horde_server.moderation.addresses.reputation import AddressReputation
from horde_server.moderation.addresses.strikes import Strikes
from horde_server.moderation.addresses.timeouts import AddressTimeouts
from horde_server.moderation.modes import Modes
from horde_server.moderation.profanity import ProfanityFilter, load_profanity_filter
from horde_server.moderation.prompt_filters.directory import PromptFilters
from horde_server.moderation.prompt_filters.doorkeeper import Doorkeeper
from horde_server.moderation.prompt_filters.evidence import PromptEvidence
from horde_server.moderation.suspects import Suspects
from horde_server.requests.alchemy.intake import AlchemyIntake
from horde_server.requests.alchemy.interrogations import Interrogations
from horde_server.requests.alchemy.kind import AlchemyKind
from horde_server.requests.alchemy.order import FormOrder
from horde_server.requests.alchemy.results import AlchemyResults
from horde_server.requests.alchemy.submissions import FormSubmissions
from horde_server.requests.image.intake import ImageIntake
from horde_server.requests.image.kind import ImageKind
from horde_server.requests.image.missed_uploads import MissedUploads
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.image.prices.book import PriceBook
from horde_server.requests.image.results import ImageResults
from horde_server.requests.image.sharing.service import SharedImages
from horde_server.requests.pictures.result_links import LINK_LIFETIME_S, ResultLinks
from horde_server.requests.pictures.retention import BlobRetention
from horde_server.requests.pictures.source_intake import SourceIntake
from horde_server.requests.pictures.source_links import SourceLinks
from horde_server.requests.text.intake import TextIntake
from horde_server.requests.text.kind import TextKind
from horde_server.requests.text.order import TextOrder
from horde_server.requests.text.results import TextResults
from horde_server.settings import Profile, Settings
from horde_server.tasks.queue import TaskLimits, TaskQueue
from horde_server.webhooks.delivery import DELIVER, DROP_OLD, Deliveries
from horde_server.webhooks.hook import webhook_reach
from horde_server.webhooks.post import GuardedPoster, trusting
from horde_server.webhooks.receivers import Receivers
from horde_server.workers.check_in import CheckIn
from horde_server.workers.directory import WorkerDirectory
from horde_server.workers.management import WorkerManagement

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ImageService:
    """What images need."""

    dispatcher: Dispatcher[ImageOrder]
    intake: ImageIntake
    submissions: Submissions[ImageOrder]
    missed_uploads: MissedUploads


@dataclass(frozen=True, slots=True)
class TextService:
    """What texts need."""

    dispatcher: Dispatcher[TextOrder]
    intake: TextIntake
    submissions: Submissions[TextOrder]


@dataclass(frozen=True, slots=True)
class AlchemyService:
    """What alchemy needs."""

    dispatcher: Dispatcher[FormOrder]
    intake: AlchemyIntake
    submissions: FormSubmissions
    interrogations: Interrogations


@dataclass(frozen=True, slots=True)
class Node:
    """The services of one process. Everything in memory can be rebuilt from the database."""

    settings: Settings
    clients: ClientAddresses
    pool: Pool
    queues: Mapping[str, LiveQueue]  # by the name of the kind
    notices: NoticeBoard
    accounts: AccountDirectory
    modes: Modes
    addresses: AddressTimeouts
    prompt_filters: PromptFilters
    profanity: ProfanityFilter
    workers: WorkerDirectory
    mirror: Mirror
    down_time: DownTime
    images: ImageService
    texts: TextService
    alchemy: AlchemyService
    worker_management: WorkerManagement
    check_in: CheckIn
    blobs: BlobStores
    links: ResultLinks
    source_links: SourceLinks
    shared_images: SharedImages
    model_updates: ReferenceUpdates
    tasks: TaskQueue
    signing_secret: bytes


def build_node(  # noqa: PLR0915 - a list of what there is
    settings: Settings,
    clients: ClientAddresses,
    dsn: str,
    pool: Pool,
    down_time: DownTime,
    salt: bytes,
    signing_secret: bytes,
) -> Node:
    """The services on an open pool; nothing runs and no mirror is filled yet."""
    clock = time.time
    queues = {
        "image": LiveQueue(clock, matched_targeting=settings.require_matched_targeting),
        "text": LiveQueue(clock),
        "interrogation": LiveQueue(clock),
    }
    prices = PriceBook(matched_targeting=settings.require_matched_targeting)
    blobs = open_blob_stores(settings, signing_secret, clock, down_time.up_clock(clock))
    tasks = TaskQueue(pool, TaskLimits(settings.task_concurrency, settings.task_poll_interval_s))
    retention = BlobRetention(
        pool,
        blobs,
        tasks,
        kinds=frozenset({ImageKind.name}),
        lifetime_s=settings.blob_lifetime_s,
        link_s=LINK_LIFETIME_S,
    )
    shared_images = SharedImages(pool, blobs, tasks, retention)
    accounts = AccountDirectory(pool, salt, time.monotonic)

    async def heard(topic: str, ids: list[str]) -> None:
        if topic == "request":
            await mirror.refresh(ids)
        elif topic == "worker":
            await workers.reload([UUID(text) for text in ids])
        elif topic == "account":
            for text in ids:
                accounts.invalidate(int(text))
            await workers.reload_of({int(text) for text in ids})
        elif topic == "modes":
            await modes.reload()
        elif topic == "address":
            await addresses.reload(ids)
        elif topic == "prompt_filter":
            await prompt_filters.reload()
        else:
            missed_uploads.heard(topic, ids)

    async def missed_something() -> None:
        accounts.invalidate_all()
        await modes.reload()
        await addresses.reload()
        await prompt_filters.reload()
        await workers.reload()
        await mirror.reconcile()

    notices = NoticeBoard(dsn, heard, missed_something)
    modes = Modes(pool, notices.publish)
    reputation = AddressReputation(settings.ip_checker, GuardedFetcher(ANYWHERE), modes, time.monotonic)
    addresses = AddressTimeouts(pool, notices.publish, time.monotonic, settings.rate_limit_whitelist)
    profanity = load_profanity_filter(settings.profane_words)
    workers = WorkerDirectory(pool, queues, notices.publish, clock)
    decoders = Decoders()
    source_intake = SourceIntake(
        blobs.sources, GuardedFetcher(ANYWHERE if settings.allow_private_addresses else PUBLIC), decoders
    )
    lifetime_s = settings.request_lifetime_s
    images = Dispatcher(ImageKind(prices), pool, queues["image"], notices.publish, lifetime_s=lifetime_s)
    texts = Dispatcher(TextKind(), pool, queues["text"], notices.publish, lifetime_s=lifetime_s)
    forms = Dispatcher(AlchemyKind(), pool, queues["interrogation"], notices.publish, lifetime_s=lifetime_s)
    mirror = Mirror(
        pool, {each.kind.name: each for each in (images, texts, forms)}, notices.publish, retention.release_of
    )
    suspects = Suspects(pool, workers.changed)
    prompt_filters = PromptFilters(pool, notices.publish)
    doorkeeper = Doorkeeper(
        prompt_filters,
        suspects,
        Strikes(addresses, clients.trusts, strikes_addresses=settings.profile is not Profile.HOUSEHOLD),
        PromptEvidence(blobs.evidence),
        is_on=not settings.disable_filters,
    )
    missed_uploads = MissedUploads(clock, notices.publish)
    image_results = ImageResults(blobs.results, shared_images, missed_uploads, decoders)
    form_submissions = FormSubmissions(
        pool, forms, workers, AlchemyResults(image_results), suspects, clock, lifetime_s=lifetime_s
    )
    return Node(
        settings=settings,
        clients=clients,
        pool=pool,
        queues=queues,
        notices=notices,
        accounts=accounts,
        modes=modes,
        addresses=addresses,
        prompt_filters=prompt_filters,
        profanity=profanity,
        workers=workers,
        mirror=mirror,
        down_time=down_time,
        worker_management=WorkerManagement(pool, workers, mirror, profanity, settings.admin_ids),
        images=ImageService(
            images,
            ImageIntake(
                settings, pool, images, workers, prices, source_intake, modes, addresses, reputation, doorkeeper, clock
            ),
            Submissions(pool, images, workers.changed, image_results, suspects, clock, lifetime_s=lifetime_s),
            missed_uploads,
        ),
        texts=TextService(
            texts,
            TextIntake(settings, pool, texts, workers, modes, addresses, clock),
            Submissions(pool, texts, workers.changed, TextResults(), suspects, clock, lifetime_s=lifetime_s),
        ),
        alchemy=AlchemyService(
            forms,
            AlchemyIntake(settings, pool, forms, source_intake, modes, addresses, reputation, clock),
            form_submissions,
            Interrogations(pool, mirror, form_submissions, retention),
        ),
        check_in=CheckIn(pool, workers, modes, profanity, addresses, reputation, suspects, notices.publish, clock),
        blobs=blobs,
        links=ResultLinks(blobs.results, settings.url, clients.scheme),
        source_links=SourceLinks(blobs.sources),
        shared_images=shared_images,
        model_updates=ReferenceUpdates(
            CatalogueAddresses(
                settings.image_compvis_reference, settings.image_diffusers_reference, settings.image_llm_reference
            ),
            GuardedFetcher(ANYWHERE),
        ),
        tasks=tasks,
        signing_secret=signing_secret,
    )


def deliver_webhooks(node: Node) -> None:
    """Have the tasks of webhooks done by this node."""
    settings = node.settings
    poster = GuardedPoster(webhook_reach(settings.webhook_private_networks), trusting(settings.webhook_ca_file))
    deliveries = Deliveries(node.pool, node.blobs.results, poster, Receivers(time.monotonic))
    node.tasks.add(DELIVER, deliveries.deliver)
    node.tasks.every("27 * * * *", DROP_OLD, deliveries.drop_old)
