"""One server process: the list of its slices."""

from __future__ import annotations

from dataclasses import dataclass

from horde_server.accounts.slice import Accounts
from horde_server.audit.slice import Audit
from horde_server.blobs.slice import Blobs
from horde_server.content.slice import WhatTheHordeTells
from horde_server.core import Core
from horde_server.dispatch.ids import RequestId
from horde_server.dispatch.slice import Dispatch
from horde_server.gateway.slice import Gateway
from horde_server.identity.rate_limits import RateLimits
from horde_server.identity.slice import Identity
from horde_server.insight.slice import Insight
from horde_server.keys.slice import Keys
from horde_server.kudos.slice import Kudos
from horde_server.models.slice import Models
from horde_server.moderation.slice import Moderation
from horde_server.registration.slice import Registration
from horde_server.requests.alchemy.slice import Alchemy
from horde_server.requests.cancelling.slice import Cancelling
from horde_server.requests.checking.slice import Checking
from horde_server.requests.embedding.slice import Embeddings
from horde_server.requests.events.slice import Events
from horde_server.requests.following import Following, StreamPlaces
from horde_server.requests.image.slice import Images
from horde_server.requests.pictures.slice import Pictures
from horde_server.requests.reasons.slice import Reasons
from horde_server.requests.text.slice import Texts
from horde_server.requests.things import Things
from horde_server.requests.waiting import Waiting
from horde_server.slice import Slices
from horde_server.statistics.slice import Stats
from horde_server.streams.slice import Streams
from horde_server.styles.slice import Styles
from horde_server.tasks.slice import Tasks
from horde_server.teams.slice import Teams
from horde_server.undoing import UNDOERS
from horde_server.webhooks.slice import Webhooks
from horde_server.workers.slice import Workers


@dataclass(frozen=True, slots=True)
class Node:
    """A process of the server. Everything in memory can be rebuilt from the database."""

    core: Core
    slices: Slices
    identity: Identity
    images: Images
    waiting: Waiting
    following: Following
    stream_places: StreamPlaces
    gateway: Gateway


def build_node(core: Core, limits: RateLimits | None, slices: Slices) -> Node:
    """All slices, each built on those before it; nothing runs and no mirror is filled yet."""
    identity = Identity(core, limits)
    pictures = Pictures(core)
    dispatch = Dispatch(core, pictures.retention.release_of)
    moderation = Moderation(core, identity, cancel_waiting=dispatch.mirror.cancel_waiting)
    workers = Workers(core, identity, moderation, dispatch)
    styles = Styles(core, identity, moderation.profanity)
    stream_places = StreamPlaces(core.settings.streams_per_address)
    waiting = Waiting(stream_places.of_clients)
    streams = Streams(core, identity, dispatch, waiting.tell)
    following = Following(waiting, streams.relay)
    images = Images(core, identity, moderation, dispatch, waiting, workers, pictures, styles, streams)
    texts = Texts(core, identity, moderation, dispatch, waiting, workers, pictures, styles, streams)
    alchemy = Alchemy(core, identity, moderation, dispatch, waiting, workers, pictures, images.results)
    following.open(images.dispatcher)
    following.open(texts.dispatcher)
    embeddings = Embeddings(core, identity, moderation, dispatch, waiting, workers)
    following.open(embeddings.dispatcher)
    things = Things(core.pool)
    things.open(images.dispatcher)
    things.open(texts.dispatcher)
    things.open(embeddings.dispatcher)
    things.open(alchemy.dispatcher, lambda entry: RequestId(entry.order.interrogation_id))
    gateway = Gateway(
        core, identity, dispatch, workers, pictures, images, texts, embeddings, alchemy, waiting, following,
        stream_places,
    )  # fmt: skip
    slices.add(
        identity,
        moderation,
        workers,
        dispatch,
        pictures,
        streams,
        images,
        texts,
        embeddings,
        alchemy,
        Checking(identity, moderation, things, waiting),
        Events(
            identity,
            moderation,
            images,
            alchemy,
            things,
            following,
            waiting,
            stream_places,
            pictures.public_address,
        ),
        Cancelling(identity, dispatch),
        Reasons(core, identity, moderation, dispatch, images, texts, alchemy.statuses.form_ids),
        styles,
        Accounts(core, identity, moderation.profanity, dispatch, slices),
        Registration(core, identity, moderation),
        Teams(core, identity, moderation, dispatch),
        WhatTheHordeTells(core, identity),
        Kudos(core, identity),
        Keys(core, identity),
        Audit(core, identity, UNDOERS),
        Webhooks(core, identity),
        Models(core),
        Tasks(core.tasks),
        Stats(core, dispatch),
        Insight(core, dispatch, workers.directory, slices),
        Blobs(core.blobs),
        gateway,
    )
    return Node(core, slices, identity, images, waiting, following, stream_places, gateway)
