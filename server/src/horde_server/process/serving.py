"""Serve the horde on a socket: in this process, or in several children that share it.

The parent binds the socket and holds the embedded database; children that die are replaced. Nobody outlives the
parent: the kernel ends the children when it dies.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Coroutine, Iterator
from typing import Any, cast

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
from horde_server.process.logs import configure_logs
from horde_server.process.memory import give_back_large_blocks
from horde_server.settings import Settings

log = structlog.get_logger(__name__)

DRAIN_S = 10
_CHILD_SETTINGS = "OPENHORDE_CHILD_SETTINGS"
_CHILD_DSN = "OPENHORDE_CHILD_DSN"
_RESTART_PAUSE_S = 1.0


@contextlib.contextmanager
def stop_signals(stop: asyncio.Event) -> Iterator[None]:
    """Turn SIGINT and SIGTERM into `stop`, so that everything ends in order."""
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


async def serve(settings: Settings, dsn: str, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until `stop`; then let requests in flight finish, for ten seconds at most."""
    rate_limits(settings)  # a setting that cannot be ends the start here, not every child again and again
    if settings.processes > 1:
        await _serve_in_children(settings, dsn, listener, stop)
    else:
        await _serve_here(settings, dsn, listener, stop)


class _Server(uvicorn.Server):
    """Leaves signals to us: uvicorn would raise them again after its end, past our own clean-up.

    Sleeps until it is to stop; uvicorn looks ten times a second, which a node at rest pays for: 1.3 ms a second.
    """

    def __init__(self, config: uvicorn.Config, stop: asyncio.Event) -> None:
        super().__init__(config)
        self._stop = stop

    async def main_loop(self) -> None:
        """One tick sets the headers of all answers; they have no date, so they stay."""
        await self.on_tick(0)
        await self._stop.wait()
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def _leave_out_cancellations(record: logging.LogRecord) -> bool:
    """Whether a record of uvicorn's is worth its line: requests that the end of a stop cut off are not."""
    return record.exc_info is None or not isinstance(record.exc_info[1], asyncio.CancelledError)


async def serve_app(
    app: ASGIApp, connections: Connections, name: str, listener: socket.socket, stop: asyncio.Event
) -> None:
    """Serve an app on a socket, over connections that are looked after, until `stop`."""
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
    server = _Server(config, stop)
    await server.serve(sockets=[listener])
    if not server.started:
        raise RuntimeError("The server could not start; see the log above.")


async def _serve_here(settings: Settings, dsn: str, listener: socket.socket, stop: asyncio.Event) -> None:
    raise_descriptor_limit()
    give_back_large_blocks()
    most = connections_that_fit(settings.max_connections, settings.database_pool_size)
    connections = Connections(
        ConnectionLimits.of(settings, most), exempt=ClientAddresses(settings.trusted_proxies).trusts
    )
    await serve_app(create_app(settings, dsn), connections, node_name(settings), listener, stop)


async def _serve_in_children(settings: Settings, dsn: str, listener: socket.socket, stop: asyncio.Event) -> None:
    children = [_spawn(settings, dsn, listener) for _ in range(settings.processes)]
    try:
        while not stop.is_set():
            for place, child in enumerate(children):
                if (code := child.poll()) is not None:
                    log.error("process.child_died", pid=child.pid, exit_code=code)
                    await asyncio.sleep(_RESTART_PAUSE_S)
                    children[place] = _spawn(settings, dsn, listener)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 0.2)
    finally:
        for child in children:
            child.terminate()
        for child in children:
            try:
                await asyncio.to_thread(child.wait, DRAIN_S + 5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _spawn(settings: Settings, dsn: str, listener: socket.socket) -> subprocess.Popen[bytes]:
    environment = {**os.environ, _CHILD_SETTINGS: settings.model_dump_json(), _CHILD_DSN: dsn}
    return subprocess.Popen(
        [sys.executable, "-m", "horde_server.process.serving", str(listener.fileno())],
        env=environment,
        pass_fds=[listener.fileno()],
        start_new_session=True,  # Ctrl-C reaches the parent, which stops its children in order
        preexec_fn=die_with_parent,  # noqa: PLW1509 one call of prctl, no lock
    )


def die_with_parent() -> None:
    """In a child, before exec: have the kernel end it when its parent dies (Linux)."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def _child() -> None:
    configure_logs()
    settings = Settings.model_validate_json(os.environ.pop(_CHILD_SETTINGS))
    dsn = os.environ.pop(_CHILD_DSN)
    listener = socket.socket(fileno=int(sys.argv[1]))

    async def main() -> None:
        stop = asyncio.Event()
        with stop_signals(stop):
            await _serve_here(settings, dsn, listener, stop)

    uvloop_run(main())


def uvloop_run(main: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop where it is installed.

    What was imported stays until the end, and most of what a request makes goes without the collector: it need not look
    at either often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        uvloop.run(main)


if __name__ == "__main__":
    _child()
