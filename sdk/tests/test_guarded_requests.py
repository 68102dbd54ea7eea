"""A connection that is guarded is still for the host that was named: its certificate has to be that host's."""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fake_horde import FakeHorde, a_picture

from horde_sdk.guarded_requests import guarded_session, was_forbidden
from horde_sdk.reach import networks_of, outside


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHorde]:
    """A server with a certificate for `localhost` that the environment vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain, secret = tmp_path / "certificate.pem", tmp_path / "key.pem"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(chain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, secret)
    server = FakeHorde()
    server._server.socket = context.wrap_socket(server._server.socket, server_side=True)
    with server:
        yield server


def image_of(server: FakeHorde, host: str) -> str:
    return server.url.replace("http://127.0.0.1", f"https://{host}").replace("api/", "image/1")


def test_the_certificate_is_that_of_the_name(secure: FakeHorde) -> None:
    with guarded_session(outside(networks_of("127.0.0.0/8"))) as session:
        with session.get(image_of(secure, "localhost"), timeout=10) as answer:
            assert answer.content == a_picture()
        with pytest.raises(requests.exceptions.SSLError):
            session.get(image_of(secure, "127.0.0.1"), timeout=10)


def test_no_secure_connection_is_made_beyond_the_reach(secure: FakeHorde) -> None:
    with guarded_session(outside()) as session, pytest.raises(requests.ConnectionError) as refused:
        session.get(image_of(secure, "localhost"), timeout=10)

    assert was_forbidden(refused.value)
    assert secure.lines == []


def test_passwords_of_the_user_are_told_to_nobody(
    horde: FakeHorde, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`requests` would look a host up in `.netrc`, and hordes name hosts."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with guarded_session(outside(networks_of("127.0.0.0/8"))) as session:
        session.get(horde.url.replace("api/", "image/1"), timeout=10).close()

    [asked] = horde.asked
    assert "Authorization" not in asked.headers
