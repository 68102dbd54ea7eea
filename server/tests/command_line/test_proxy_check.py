"""`horde doctor` tells of a proxy in front that the running horde does not trust."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from typing import Any

from horde_processes import free_port, running_horde, start

from horde_server.command_line.proxy_check import proxy_in_front
from horde_server.settings import Settings


def test_doctor_tells_of_a_proxy_that_is_not_trusted(tmp_path: Path, database_dsn: str) -> None:
    """Nothing while none was seen; then which, and the setting that would trust it. The log has it once."""
    # so that whoever calls here plays a proxy that is not
    trusted: dict[str, Any] = {"HORDE_TRUSTED_PROXIES": "10.9.9.9"}
    options = ("--database-url", database_dsn, "--processes", "2")
    with running_horde("serve", tmp_path, *options, **trusted) as horde:
        port = horde.url.rpartition(":")[2]
        settings = Settings(port=int(port), processes=2, trusted_proxies=["10.9.9.9"], _env_file=None)
        assert proxy_in_front(settings) == (True, "trusted: 10.9.9.9/32; no other was seen", "")
        for number in range(20):
            forwarded = {"X-Forwarded-For": f"203.0.113.{number}"}
            urllib.request.urlopen(
                urllib.request.Request(f"{horde.url}/api/v2/status/heartbeat", headers=forwarded), timeout=30
            ).close()
        doctor = start(["doctor", "--port", port, *options[:2]], tmp_path, **trusted, HORDE_PROCESSES="2")
        assert doctor.process.wait(90) == 1
        assert "wrong" in doctor.log()
        assert "proxy: requests came through 127.0.0.1, not trusted" in doctor.log()
        assert "HORDE_TRUSTED_PROXIES=10.9.9.9/32,127.0.0.1 " in doctor.log()
        assert 1 <= horde.log().count("proxies.not_trusted") <= 2  # once for a process
        assert "203.0.113." not in horde.log()


def test_doctor_is_content_where_no_horde_runs() -> None:
    found = proxy_in_front(Settings(port=free_port(), _env_file=None))
    assert found == (True, "not looked at (no horde of this version answers)", "")
