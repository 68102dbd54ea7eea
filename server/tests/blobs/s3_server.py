"""A real S3 server on loopback for the tests: OpenStack Swift, which enforces signatures, methods and expiry."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import obstore
from obstore.store import S3Store

PROGRAM = Path(__file__).with_name("swift_in_one_process.py")
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test:tester", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_REGION": "us-east-1"}


@dataclass(frozen=True)
class S3Server:
    """A running server; whoever uses it has `CREDENTIALS` in the environment."""

    endpoint: str

    def new_bucket(self) -> str:
        """Make an empty bucket; its address as a setting says it."""
        name = f"bucket-{uuid4().hex}"
        root = S3Store(
            "",
            endpoint=self.endpoint,
            virtual_hosted_style_request=True,  # so that the first part of the path is the bucket's name
            access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region=CREDENTIALS["AWS_REGION"],
            client_options={"allow_http": True},
        )
        httpx.put(obstore.sign(root, "PUT", name, timedelta(minutes=1))).raise_for_status()
        return f"s3://{name}?endpoint={self.endpoint}"

    def move_clock(self, ahead_s: float) -> None:
        """Let the server's clock run ahead of ours; 0 puts it right."""
        httpx.put(f"{self.endpoint}/clock", content=str(ahead_s)).raise_for_status()


@contextmanager
def running_s3_server(folder: Path) -> Iterator[S3Server]:
    """A server with its data in an empty folder; ended on leaving."""
    command = [sys.executable, "-W", "ignore", str(PROGRAM), str(folder)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            assert port, f"the S3 server did not start: exit code {process.wait(10)}"
            yield S3Server(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
