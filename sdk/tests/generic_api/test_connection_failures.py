"""Why a horde could not be reached stands in the error: refused, unknown, not trusted, speaking something else."""

from __future__ import annotations

import http.server
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fake_horde import FakeHorde

from horde_sdk.ai_horde_api.ai_horde_clients import (
    AIHordeAPIAsyncClientSession,
    AIHordeAPIAsyncSimpleClient,
    AIHordeAPISimpleClient,
)
from horde_sdk.exceptions import HordeConnectionError, HordeConnectionRefusedError
from horde_sdk.generic_api.retries import Retry, RetryConfiguration

ONCE = RetryConfiguration(max_retries=0)


async def failures_at(url: str) -> list[HordeConnectionError]:
    """What both kinds of client raise where a horde cannot be reached."""
    found = []
    with pytest.raises(HordeConnectionError) as caught:
        AIHordeAPISimpleClient(base_url=url, retry_config=ONCE).heartbeat_request()
    found.append(caught.value)
    async with aiohttp.ClientSession() as connections:
        session = AIHordeAPIAsyncClientSession(connections, base_url=url, retry_config=ONCE)
        with pytest.raises(HordeConnectionError) as caught:
            await AIHordeAPIAsyncSimpleClient(horde_client_session=session).heartbeat_request()
        found.append(caught.value)
    return found


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


async def test_refused_connection_asks_whether_a_horde_is_there(closed_port: int) -> None:
    for error in await failures_at(f"http://user:word@127.0.0.1:{closed_port}"):
        assert isinstance(error, HordeConnectionRefusedError)
        assert str(error) == f"127.0.0.1:{closed_port} refused the connection: is a horde running there?"


async def test_name_that_no_host_has_is_told_as_such() -> None:
    for error in await failures_at("http://no-such-host.invalid"):
        assert "host no-such-host.invalid could not be found: check its spelling" in str(error)


async def test_https_to_a_plain_port_says_that_it_speaks_http(horde: FakeHorde) -> None:
    place = horde.url.removeprefix("http://").removesuffix("/api/")
    for error in await failures_at(f"https://{place}"):
        assert str(error) == f"{place} does not speak https on this port: is the horde's address http://{place}?"


def self_signed() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(pem, *plain) + certificate.public_bytes(pem)


@pytest.fixture
def https_port(tmp_path: Path) -> Iterator[int]:
    """A server with a certificate that nobody trusts."""
    certificate = tmp_path / "self-signed.pem"
    certificate.write_bytes(self_signed())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    class Quiet(http.server.ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            pass

    server = Quiet(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


async def test_certificate_that_is_not_trusted_is_told_as_such(https_port: int) -> None:
    for error in await failures_at(f"https://localhost:{https_port}"):
        assert f"localhost:{https_port} shows a certificate that is not trusted: self" in str(error)


@pytest.fixture
def breaking_port() -> Iterator[int]:
    """A server that hangs up on everybody."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)

        thread = threading.Thread(target=hang_up)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


async def test_connection_that_breaks_is_told_as_such(breaking_port: int) -> None:
    for error in await failures_at(f"http://127.0.0.1:{breaking_port}"):
        assert "the connection broke before the answer was complete" in str(error)


async def test_proxy_that_does_not_answer_is_named(closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port}")
    monkeypatch.setenv("NO_PROXY", "")
    client = AIHordeAPISimpleClient(base_url="http://horde.invalid", retry_config=ONCE)

    with pytest.raises(HordeConnectionError, match="through the proxy that HTTP_PROXY"):
        client.heartbeat_request()


def test_whoever_wants_to_know_is_told_before_each_new_attempt(closed_port: int) -> None:
    told: list[Retry] = []
    client = AIHordeAPISimpleClient(
        base_url=f"http://127.0.0.1:{closed_port}",
        retry_config=RetryConfiguration(max_retries=2, initial_delay_seconds=0.001),
        on_retry=told.append,
    )

    with pytest.raises(HordeConnectionRefusedError):
        client.heartbeat_request()

    assert [(one.method, one.has_ever_answered) for one in told] == [("GET", False)] * 2
    assert all(isinstance(one.failure, HordeConnectionRefusedError) and one.delay_s > 0 for one in told)


def test_whoever_is_told_may_give_up(closed_port: int) -> None:
    def give_up(_: Retry) -> None:
        raise ZeroDivisionError

    client = AIHordeAPISimpleClient(base_url=f"http://127.0.0.1:{closed_port}", on_retry=give_up)

    with pytest.raises(ZeroDivisionError):
        client.heartbeat_request()
