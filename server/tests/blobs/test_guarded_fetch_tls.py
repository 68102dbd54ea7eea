"""Over TLS a fetch goes to the checked address and still insists on the certificate of the name."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from strange_servers import StrangeServer, answer

from horde_server.blobs.guard import ANYWHERE, FetchFailed
from horde_server.blobs.guarded_fetch import GuardedFetcher

NAME = "pictures.test"


@dataclass
class Secure:
    """A server with a certificate for `NAME`, and a client's settings that trust it."""

    port: int
    trusting: ssl.SSLContext

    async def fetch(self, host: str) -> bytes:
        async def resolve(_: str) -> Sequence[str]:
            return ["127.0.0.1"]

        url = f"https://{host}:{self.port}/"
        return (await GuardedFetcher(ANYWHERE, resolve).get(url, max_bytes=1000, time_limit_s=10)).body


@pytest_asyncio.fixture
async def secure(tmp_path: Path) -> AsyncIterator[Secure]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "server.pem"
    encoded = certificate.public_bytes(serialization.Encoding.PEM)
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file.write_bytes(encoded + key.private_bytes(serialization.Encoding.PEM, *form))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server = await asyncio.start_server(StrangeServer(answer(b"picture")).serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield Secure(server.sockets[0].getsockname()[1], ssl.create_default_context(cadata=encoded.decode()))


async def test_a_trusted_certificate_of_the_name_is_taken(secure: Secure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("horde_sdk.guarded_connections.default_ssl_context", lambda: secure.trusting)
    assert await secure.fetch(NAME) == b"picture"


async def test_a_certificate_of_another_name_is_refused(secure: Secure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("horde_sdk.guarded_connections.default_ssl_context", lambda: secure.trusting)
    with pytest.raises(FetchFailed, match="Certificate"):
        await secure.fetch("other.test")


async def test_a_certificate_that_nobody_vouches_for_is_refused(secure: Secure) -> None:
    with pytest.raises(FetchFailed, match="Certificate"):
        await secure.fetch(NAME)
