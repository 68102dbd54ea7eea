"""A program: OpenStack Swift with its S3 API, all four of its servers in one process. `swift_in_one_process.py FOLDER`

Prints the port it listens on. `PUT /clock` moves its clock: the body says by how many seconds; links then expire.
Run by s3_server.py; eventlet, which Swift is built on, wants a process of its own.
"""
# ruff: noqa: E402 eventlet and the clock come before Swift is imported

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import eventlet  # type: ignore[import-untyped]

eventlet.monkey_patch()

REAL_CLOCK = time.time
ahead_s = 0.0


def moved_clock() -> float:
    """Seconds since the epoch, moved."""
    return REAL_CLOCK() + ahead_s


time.time = moved_clock  # before Swift takes it

from eventlet import hubs, wsgi
from swift.common import storage_policy, utils  # type: ignore[import-untyped]
from swift.common.ring import RingBuilder  # type: ignore[import-untyped]
from swift.common.wsgi import loadapp  # type: ignore[import-untyped]

STORAGE_ROLES = ("account", "container", "object")
DEVICE = "disk"
USER = "test:tester"
PASSWORD = "testing"
SWIFT_CONF = """
[swift-hash]
swift_hash_path_prefix = tests
swift_hash_path_suffix = tests
[storage-policy:0]
name = single
default = yes
"""
STORAGE_CONF = """
[DEFAULT]
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
fallocate_reserve = 0
disable_fallocate = true
bind_port = {port}
[pipeline:main]
pipeline = {role}-server
[app:{role}-server]
use = egg:swift#{role}
"""
PROXY_CONF = """
[DEFAULT]
swift_dir = {folder}
bind_port = {port}
[pipeline:main]
pipeline = catch_errors gatekeeper listing_formats s3api tempauth bulk slo dlo proxy-server
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
auth_pipeline_check = false
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
"""


def main(folder: Path) -> None:
    """Serve until the standard input is closed."""
    sockets = {role: eventlet.listen(("127.0.0.1", 0)) for role in (*STORAGE_ROLES, "proxy")}
    ports = {role: int(socket.getsockname()[1]) for role, socket in sockets.items()}
    configure(folder, ports)
    utils.SWIFT_CONF_FILE = str(folder / "swift.conf")
    utils.validate_hash_conf()
    storage_policy.reload_storage_policies()
    servers = eventlet.GreenPool()
    for role, socket in sockets.items():
        app = loadapp(str(folder / f"{role}.conf"))
        servers.spawn(wsgi.server, socket, with_clock(app) if role == "proxy" else app, log_output=False)
    print(ports["proxy"], flush=True)
    hubs.trampoline(sys.stdin.fileno(), read=True)  # closed when whoever started us ends, however that comes


def configure(folder: Path, ports: dict[str, int]) -> None:
    """Write the configuration, and rings of one device each."""
    (folder / "devices" / DEVICE).mkdir(parents=True)
    (folder / "swift.conf").write_text(SWIFT_CONF)
    (folder / "proxy.conf").write_text(PROXY_CONF.format(folder=folder, port=ports["proxy"]))
    for role in STORAGE_ROLES:
        (folder / f"{role}.conf").write_text(STORAGE_CONF.format(folder=folder, role=role, port=ports[role]))
        builder = RingBuilder(part_power=2, replicas=1, min_part_hours=0)
        builder.add_dev(
            {"region": 1, "zone": 1, "ip": "127.0.0.1", "port": ports[role], "device": DEVICE, "weight": 1.0}
        )
        builder.rebalance()
        builder.get_ring().save(str(folder / f"{role}.ring.gz"))


def with_clock(app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """The app, and a hand on the clock."""

    def served(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        global ahead_s  # noqa: PLW0603 the one clock of this process
        if environ["PATH_INFO"] != "/clock":
            return app(environ, start_response)
        ahead_s = float(environ["wsgi.input"].read())
        start_response("200 OK", [("Content-Length", "0")])
        return [b""]

    return served


if __name__ == "__main__":
    main(Path(sys.argv[1]))
