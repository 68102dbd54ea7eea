"""Pictures of requests of any kind, as one of a node's slices."""

from __future__ import annotations

from horde_server.blobs.decoding import Decoders
from horde_server.blobs.guard import ANYWHERE, PUBLIC
from horde_server.blobs.guarded_fetch import GuardedFetcher
from horde_server.core import Core
from horde_server.http.public_address import PublicAddress
from horde_server.requests.pictures.result_links import LINK_LIFETIME_S, ResultLinks
from horde_server.requests.pictures.retention import BlobRetention
from horde_server.requests.pictures.source_intake import SourceIntake
from horde_server.requests.pictures.source_links import SourceLinks
from horde_server.slice import Slice


class Pictures(Slice):
    """Sources, links and lifetimes."""

    def __init__(self, core: Core) -> None:
        settings, blobs = core.settings, core.blobs
        self.decoders = Decoders()
        self.retention = BlobRetention(
            core.pool, blobs, core.tasks, lifetime_s=settings.blob_lifetime_s, link_s=LINK_LIFETIME_S
        )
        reach = ANYWHERE if settings.allow_private_addresses else PUBLIC
        self.source_intake = SourceIntake(blobs.sources, GuardedFetcher(reach), self.decoders)
        self.source_links = SourceLinks(blobs.sources)
        self.links = ResultLinks(blobs.results)
        self.public_address = PublicAddress(settings.url, core.clients.scheme)
