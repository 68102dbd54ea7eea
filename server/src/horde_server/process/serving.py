"""Serve the horde on a socket: in this process, or in several children that share it.

The parent binds the socket and holds the embedded database; children that die are replaced. Nobody outlives the
parent: the kernel ends the children when it dies.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import cast

import structlog
import uvicorn
from starlette.types import ASGIApp

from horde_server.app import create_app, node_name
from horde_server.http.client_address import ClientAddresses
from horde_server.http.rim import JSON_HEADER, answer_headers
from horde_server.identity.rate_limits import rate_limits
from horde_server.process.connections import ConnectionLimits, Connections
from horde_server.process.descriptors import connections_that_fit, raise_descriptor_limit
from horde_server.process.http_protocol import bounded_protocol
from horde_server.process.listening import bind
from horde_server.process.logs import configure_logs
from horde_server.process.memory import give_back_large_blocks
from horde_server.settings import Settings
from horde_server.system.child_processes import apart, ask_to_end
from horde_server.system.event_loop import stop_signals, uvloop_run

log = structlog.get_logger(__name__)

DRAIN_S = 10
_CHILD_SETTINGS = "OPENHORDE_CHILD_SETTINGS"
_CHILD_DSN = "OPENHORDE_CHILD_DSN"
_RESTART_PAUSE_S = 1.0
_CHILDREN_CAN_SHARE = sys.platform != "win32"  # there a child inherits no socket


async def serve(settings: Settings, dsn: str, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until `stop`; then let requests in flight finish, for ten seconds at most.

    Raises `AddressInUse` where a port that dialects are known by is taken.
    """
    rate_limits(settings)  # a setting that cannot be ends the start here, not every child again and again
    with contextlib.ExitStack() as held:
        ports = dict.fromkeys(settings.dialect_ports.values())
        more = [held.enter_context(contextlib.closing(bind(settings.host, port))) for port in ports]
        if settings.processes > 1 and _CHILDREN_CAN_SHARE:
            await _serve_in_children(settings, dsn, [listener, *more], stop)
        else:
            if settings.processes > 1:
                log.warning("process.one_only", reason="on this system processes cannot share a socket")
            await _serve_here(settings, dsn, [listener, *more], stop)


class _Server(uvicorn.Server):
    """Leaves signals to us: uvicorn would raise them again after its end, past our own clean-up.

    Sleeps until it is to stop; uvicorn looks ten times a second, which a node at rest pays for: 1.3 ms a second.
    """

    def __init__(self, config: uvicorn.Config, stop: asyncio.Event, let_go: Callable[[], None]) -> None:
        super().__init__(config)
        self._stop = stop
        self._let_go = let_go

    async def main_loop(self) -> None:
        """One tick sets the headers of all answers; they have no date, so they stay."""
        await self.on_tick(0)
        await self._stop.wait()
        self._let_go()
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def _leave_out_cancellations(record: logging.LogRecord) -> bool:
    """Whether a record of uvicorn's is worth its line: requests that the end of a stop cut off are not."""
    return record.exc_info is None or not isinstance(record.exc_info[1], asyncio.CancelledError)


async def serve_app(
    app: ASGIApp,
    connections: Connections,
    name: str,
    listeners: Sequence[socket.socket],
    stop: asyncio.Event,
    let_go: Callable[[], None] = lambda: None,
) -> None:
    """Serve an app on sockets, over connections that are looked after, until `stop`; then `let_go` of who waits."""
    raw_headers = b"".join(b"%s: %s\r\n" % header for header in [*answer_headers(name), JSON_HEADER])
    logging.getLogger("uvicorn.error").addFilter(_leave_out_cancellations)
    config = uvicorn.Config(
        app,
        http=cast("type[asyncio.Protocol]", bounded_protocol(connections, raw_headers)),
        ws="none",
        access_log=False,
        log_config=None,
        lifespan="on",
        timeout_graceful_shutdown=DRAIN_S,
        proxy_headers=False,  # http/client_address.py knows whom to believe
        server_header=False,
        date_header=False,
    )
    server = _Server(config, stop, let_go)
    await server.serve(sockets=list(listeners))
    if not server.started:
        raise RuntimeError("The server could not start; see the log above.")


async def _serve_here(settings: Settings, dsn: str, listeners: Sequence[socket.socket], stop: asyncio.Event) -> None:
    raise_descriptor_limit()
    give_back_large_blocks()
    most = connections_that_fit(settings.max_connections, settings.database_pool_size)
    connections = Connections(
        ConnectionLimits.of(settings, most), exempt=ClientAddresses(settings.trusted_proxies).trusts
    )
    app = create_app(settings, dsn)
    await serve_app(app, connections, node_name(settings), listeners, stop, app.let_go)


async def _serve_in_children(
    settings: Settings, dsn: str, listeners: Sequence[socket.socket], stop: asyncio.Event
) -> None:
    children = [_spawn(settings, dsn, listeners) for _ in range(settings.processes)]
    try:
        while not stop.is_set():
            for place, child in enumerate(children):
                if (code := child.poll()) is not None:
                    log.error("process.child_died", pid=child.pid, exit_code=code)
                    await asyncio.sleep(_RESTART_PAUSE_S)
                    children[place] = _spawn(settings, dsn, listeners)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 0.2)
    finally:
        for child in children:
            ask_to_end(child)
        for child in children:
            try:
                await asyncio.to_thread(child.wait, DRAIN_S + 5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _spawn(settings: Settings, dsn: str, listeners: Sequence[socket.socket]) -> subprocess.Popen[bytes]:
    environment = {**os.environ, _CHILD_SETTINGS: settings.model_dump_json(), _CHILD_DSN: dsn}
    descriptors = [listener.fileno() for listener in listeners]
    return subprocess.Popen(
        [sys.executable, "-m", "horde_server.process.serving", *map(str, descriptors)],
        env=environment,
        pass_fds=descriptors,
        **apart(signal.SIGTERM),  # Ctrl-C reaches the parent, which stops its children in order
    )


def _child() -> None:
    configure_logs()
    settings = Settings.model_validate_json(os.environ.pop(_CHILD_SETTINGS))
    dsn = os.environ.pop(_CHILD_DSN)
    listeners = [socket.socket(fileno=int(descriptor)) for descriptor in sys.argv[1:]]

    async def main() -> None:
        stop = asyncio.Event()
        with stop_signals(stop):
            await _serve_here(settings, dsn, listeners, stop)

    uvloop_run(main())


if __name__ == "__main__":
    _child()
