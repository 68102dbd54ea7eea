"""Receivers of webhooks on loopback, over TLS with a certificate authority of their own."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import ipaddress
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIMIT_S = 60.0


@dataclass(frozen=True)
class Authority:
    """`ca_file` vouches for the certificate with its key in `server_file`, for 127.0.0.1 and localhost."""

    ca_file: Path
    server_file: Path


def make_authority(folder: Path) -> Authority:
    """A certificate authority and a certificate by it."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    ca = (
        _builder(ca_name, ca_name, ca_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    certificate = (
        _builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")]), ca_name, key)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    made = Authority(folder / "ca.pem", folder / "receiver.pem")
    made.ca_file.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    made.server_file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
    )


@dataclass(frozen=True)
class Received:
    """One attempt as it arrived. Names of headers are lower-case."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        """As JSON."""
        return dict(json.loads(self.raw))

    @property
    def id(self) -> str:
        """Of the delivery, the same at every attempt."""
        return self.headers["webhook-id"]

    @property
    def event(self) -> str:
        """What happened."""
        return str(self.body["event"])

    def is_signed_with(self, secret: str) -> bool:
        """As the Standard Webhooks specification has it, by hand."""
        signed = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.raw
        mac = hmac.digest(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256)
        return f"v1,{base64.b64encode(mac).decode()}" in self.headers.get("webhook-signature", "").split(" ")


class Receiver:
    """An HTTPS server that keeps what it gets. `answer` says with which status, and may do as it likes before."""

    def __init__(self, authority: Authority, port: int = 0) -> None:
        self.received: list[Received] = []
        self.answer: Callable[[Received], int] = lambda _: 204
        self.headers: dict[str, str] = {}
        self._news = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                got = Received(self.path, {name.lower(): value for name, value in self.headers.items()}, raw)
                with receiver._news:
                    receiver.received.append(got)
                    receiver._news.notify_all()
                self.send_response(receiver.answer(got))
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority.server_file)
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign] # handshakes that fail are the test
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def url(self, path: str = "/hook", host: str = "127.0.0.1") -> str:
        """Where it listens."""
        return f"https://{host}:{self.port}{path}"

    def events(self) -> list[str]:
        """What was told so far, retries included."""
        return [got.event for got in list(self.received)]

    def wait_until(self, is_reached: Callable[[list[Received]], bool], what: str, limit_s: float = LIMIT_S) -> None:
        """Wait for what arrives."""
        until_s = time.monotonic() + limit_s
        with self._news:
            while not is_reached(self.received):
                left_s = until_s - time.monotonic()
                assert left_s > 0, f"not within {limit_s:g} s: {what}; there was {[got.body for got in self.received]}"
                self._news.wait(left_s)

    def stop(self) -> None:
        """Nobody listens any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def receiving(authority: Authority, port: int = 0) -> Iterator[Receiver]:
    """A receiver for the time of a block."""
    receiver = Receiver(authority, port)
    try:
        yield receiver
    finally:
        receiver.stop()
