"""Whose address a request counts for, by what proxies in the field write (docs/behind-a-proxy.md).

HAProxy, nginx and Caddy: as recorded from HAProxy 2.6, nginx 1.22 and Caddy 2.6; the others by their documentation.
"""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from horde_server.http.client_address import MOST_NOTED_PEERS, ClientAddresses

Headers = list[tuple[bytes, bytes]]

CLIENT, FORGED = "203.0.113.9", "198.51.100.1"
OUR_NETWORKS = ["127.0.0.0/8", "::1/128", "172.18.0.0/16", "173.245.48.0/20", "35.191.0.0/16", "34.120.0.7/32"]
PROXY, CDN, LOAD_BALANCER = "172.18.0.2", "173.245.48.5", "35.191.0.9"


def addresses(*networks: str) -> ClientAddresses:
    """A node's, with these proxies or those of the examples."""
    return ClientAddresses(map(ip_network, networks or OUR_NETWORKS))


def headers(*lines: str) -> Headers:
    """Header lines as a server hands them on."""
    pairs = (line.partition(": ") for line in lines)
    return [
        (b"host", b"horde.example"),
        *((name.lower().encode(), value.encode("latin-1")) for name, _, value in pairs),
    ]


def scope(peer: str | None, *lines: str) -> dict[str, object]:
    """A request from a socket's other end."""
    return {"client": (peer, 4711) if peer else None, "headers": headers(*lines), "scheme": "http"}


# what arrives when a client at CLIENT forges FORGED
IN_THE_FIELD = {
    "haproxy forwardfor": (PROXY, [f"x-forwarded-for: {FORGED}", f"x-forwarded-for: {CLIENT}"]),
    "haproxy forwarded": (PROXY, [f"forwarded: for={FORGED}", f"forwarded: proto=http;for={CLIENT}"]),
    "haproxy forwarded with host": (
        PROXY,
        ['forwarded: for=6.6.6.6;x="', f'forwarded: host="a;for=6.6.6.6, for=7.7.7.7";by=_haproxy;for="{CLIENT}:10"'],
    ),
    "nginx $proxy_add_x_forwarded_for": (PROXY, [f"X-Forwarded-For: {FORGED}, {CLIENT}"]),
    "nginx with the lines of a client joined": (PROXY, [f'X-Forwarded-For: {FORGED}, ", a,b, {CLIENT}']),
    "nginx with X-Real-IP": (PROXY, [f"X-Real-IP: {CLIENT}", f"X-Forwarded-For: {FORGED}, {CLIENT}"]),
    "nginx behind a trusted cdn": (
        PROXY, [f"X-Forwarded-For: {FORGED}, {CLIENT}, {CDN}", f"X-Real-IP: {CDN}", f"CF-Connecting-IP: {CLIENT}"],
    ),
    "caddy": (PROXY, [f"X-Forwarded-For: {CLIENT}", "X-Forwarded-Proto: http", f"Forwarded: for={CLIENT}"]),
    "traefik": (PROXY, [f"X-Forwarded-For: {FORGED}, {CLIENT}", f"X-Real-Ip: {CLIENT}", "X-Forwarded-Port: 443"]),
    "aws alb": (PROXY, [f"X-Forwarded-For: {FORGED}, {CLIENT}", "X-Forwarded-Port: 443"]),
    "aws alb with ports": (PROXY, [f"X-Forwarded-For: {FORGED}:1234,{CLIENT}:5678"]),
    "azure application gateway": (PROXY, [f"X-Forwarded-For: {FORGED}, {CLIENT}:56789"]),
    "cloudflare": (CDN, [f"X-Forwarded-For: {FORGED},{CLIENT}", f"CF-Connecting-IP: {CLIENT}"]),
    "gcp": (LOAD_BALANCER, [f"X-Forwarded-For: {FORGED},{CLIENT},34.120.0.7", "Via: 1.1 google"]),
    "fly": (PROXY, [f"X-Forwarded-For: {FORGED}, {CLIENT}", f"Fly-Client-IP: {CLIENT}"]),
    "an api gateway": (PROXY, [f"Forwarded: for={FORGED}, by=3.3.3.3;for={CLIENT};host=horde.example;proto=https"]),
    "apache": (PROXY, [f"X-Forwarded-For: {FORGED}, {CLIENT}", "X-Forwarded-Server: proxy.example"]),
    "a chain of ours": (PROXY, [f"X-Forwarded-For: {FORGED}, {CLIENT}, 172.18.0.9, 127.0.0.1"]),
}  # fmt: skip


@pytest.mark.parametrize("case", IN_THE_FIELD)
def test_the_client_is_whom_the_last_of_our_proxies_heard(case: str) -> None:
    peer, lines = IN_THE_FIELD[case]
    assert addresses()(scope(peer, *lines)) == CLIENT


@pytest.mark.parametrize("case", IN_THE_FIELD)
def test_who_is_no_proxy_of_ours_is_believed_nothing(case: str) -> None:
    _, lines = IN_THE_FIELD[case]
    assert addresses()(scope("192.0.2.200", *lines)) == "192.0.2.200"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("2001:db8:1:2::9", "2001:db8:1:2::9"), ("2001:DB8:1:2:0:0:0:9", "2001:db8:1:2::9"),
        ("[2001:db8:1:2::9]", "2001:db8:1:2::9"), ("[2001:db8:1:2::9]:4711", "2001:db8:1:2::9"),
        ('"[2001:db8:1:2::9]:4711"', "2001:db8:1:2::9"), ("::ffff:203.0.113.9", CLIENT), ("::ffff:cb00:7109", CLIENT),
        ("[::ffff:203.0.113.9]:80", CLIENT), ("64:ff9b::203.0.113.9", CLIENT), ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%25eth0]:80", "fe80::1"), ('"203.0.113.9"', CLIENT), ("203.0.113.9:_hidden", CLIENT),
        ("  203.0.113.9\t", CLIENT), ("203.0.113.9, ,", CLIENT), (f"{FORGED},203.0.113.9", CLIENT),
    ],
)  # fmt: skip
def test_an_address_is_understood_however_it_is_written(written: str, address: str) -> None:
    assert addresses()(scope(PROXY, f"X-Forwarded-For: {written}")) == address
    if not written.startswith(FORGED) and written.count(",") == 0 and '"' not in written:
        assert addresses()(scope(PROXY, f'Forwarded: for=6.6.6.6, FOR="{written}"; Proto=https')) == address


@pytest.mark.parametrize(
    "entry",
    [
        "unknown", "_hidden", "_000000007F2F367E:60138", "", "localhost", "203.0.113.9:", "203.0.113.9:x",
        "[203.0.113.9]", "[2001:db8::1", "2001:db8::1]", "203.0.113", "010.0.0.1", "203.0.113.9;DROP", "\xb2\xb2.0.0.1",
        "1" * 5000, ":", "[]", "[]:1", "%", "%eth0", "-1",
    ],
)  # fmt: skip
def test_where_a_proxy_hides_whom_it_heard_the_proxy_counts(entry: str) -> None:
    """What stands left of it is the word of somebody unknown."""
    if entry:
        assert addresses()(scope(PROXY, f"X-Forwarded-For: {FORGED}, {entry}")) == PROXY
    assert addresses()(scope(PROXY, f'Forwarded: for={FORGED}, for="{entry}"')) == PROXY
    assert addresses()(scope(PROXY, f"X-Real-IP: {entry}")) == PROXY


@pytest.mark.parametrize(
    "line",
    [
        f"for={FORGED}, proto=https;by=10.0.0.1", f"for={FORGED};for={CLIENT}", f"for={FORGED}, for",
        f'for={FORGED}, for="',
        f"for={FORGED}, for=[::1", f"for={FORGED}, =x", f"for={FORGED}, ;;", f'for={FORGED}, host="x\\";for=6.6.6.6',
    ],
)  # fmt: skip
def test_an_entry_that_makes_no_sense_hides_whom_it_is_for(line: str) -> None:
    assert addresses()(scope(PROXY, f"Forwarded: {line}")) == PROXY


def test_when_all_are_proxies_of_ours_the_first_of_them_counts() -> None:
    """As when somebody asks on the proxy's own machine."""
    assert addresses()(scope("127.0.0.1", "X-Forwarded-For: 172.18.0.7, 127.0.0.1")) == "172.18.0.7"


def test_no_more_proxies_are_walked_through_than_anybody_has() -> None:
    walked = addresses()(scope(PROXY, "X-Forwarded-For: " + ", ".join([CLIENT, *["172.18.0.7"] * 5000])))
    assert walked == "172.18.0.7"


def test_by_default_this_machine_is_trusted_and_no_other() -> None:
    default = addresses("127.0.0.0/8", "::1/128")
    for peer in ("127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1", None):
        assert default(scope(peer, f"X-Forwarded-For: {CLIENT}")) == CLIENT
    for peer in ("64:ff9b::7f00:1", "172.18.0.2", "192.168.1.1", "fe80::1%eth0", "fd00::1", "203.0.113.200"):
        assert default(scope(peer, f"X-Forwarded-For: {CLIENT}")) == peer.partition("%")[0]


@pytest.mark.parametrize(
    ("written", "added"),
    [
        (f"X-Forwarded-For: {CLIENT}", f"Forwarded: for={FORGED}"),
        (f"Forwarded: for={CLIENT}", f"X-Forwarded-For: {FORGED}"),
        (f"X-Real-IP: {CLIENT}", f"X-Forwarded-For: {FORGED}"), (f"X-Real-IP: {CLIENT}", f"Forwarded: for={FORGED}"),
        (f"X-Forwarded-For: {CLIENT}", f"X-Real-IP: {FORGED}"), (f"Forwarded: for={CLIENT}", f"X-Real-IP: {FORGED}"),
    ],
)  # fmt: skip
def test_a_header_that_the_proxy_does_not_always_write_is_the_clients_word(written: str, added: str) -> None:
    """A client may add what its proxy does not write, and cannot make the proxy leave out what it writes."""
    clients = addresses()
    assert clients(scope(PROXY, written)) == CLIENT
    for lines in ([added, written], [written, added]):
        assert clients(scope(PROXY, *lines)) == CLIENT
    assert clients(scope("172.18.0.3", f"X-Forwarded-For: {FORGED}", f"Forwarded: for={CLIENT}")) == FORGED  # another's


def test_of_two_headers_that_may_both_be_the_proxys_the_usual_one_counts() -> None:
    assert addresses()(scope(PROXY, f"Forwarded: for={FORGED}", f"X-Forwarded-For: {CLIENT}")) == CLIENT


@given(
    peer=st.sampled_from([PROXY, "192.0.2.200", "::1", "fe80::1%eth0"]),
    lines=st.lists(
        st.tuples(
            st.sampled_from([b"x-forwarded-for", b"forwarded", b"x-real-ip", b"x-forwarded-proto"]),
            st.text(st.sampled_from('for=";,\\[]:._%1a \t\x00\xff'), max_size=60).map(
                lambda text: text.encode("latin-1")
            ),
        ),
        max_size=4,
    ),
)
@example(peer=PROXY, lines=[(b"forwarded", b'"' * 60_000)])
@example(peer=PROXY, lines=[(b"forwarded", b"," * 60_000), (b"x-forwarded-for", b"," * 60_000)])
@example(peer=PROXY, lines=[(b"forwarded", b'\\"' * 30_000)])
@example(peer=PROXY, lines=[(b"forwarded", b"for=" * 20_000)])
def test_whatever_arrives_the_proxys_own_entry_counts(peer: str, lines: Headers) -> None:
    """No header fails; and an entry that a trusted proxy adds below the client's lines is always the one."""
    told: dict[str, object] = {"client": (peer, 1), "headers": lines, "scheme": "http"}
    assert addresses()(told)
    assert addresses().scheme(told) in ("http", "https")
    for name, value in ((b"x-forwarded-for", CLIENT), (b"forwarded", f"for={CLIENT}")):
        clients = addresses()
        clients({"client": (PROXY, 1), "headers": [(name, value.encode())]})
        assert clients({"client": (PROXY, 1), "headers": [*lines, (name, value.encode())]}) == CLIENT


@pytest.mark.parametrize(
    ("lines", "scheme"),
    [
        (["X-Forwarded-Proto: https"], "https"), (["X-Forwarded-Proto: HTTPS, http"], "https"),
        (["Forwarded: for=203.0.113.9;Proto=https"], "https"), (["X-Forwarded-Proto: gopher"], "http"),
        (['Forwarded: host="x;proto=https";for=203.0.113.9'], "http"), ([], "http"),
    ],
)  # fmt: skip
def test_the_scheme_is_the_one_that_a_trusted_proxy_was_spoken_to(lines: list[str], scheme: str) -> None:
    assert addresses().scheme(scope(PROXY, *lines)) == scheme
    assert addresses().scheme(scope("192.0.2.200", *lines)) == "http"


def test_a_proxy_that_is_not_trusted_is_noted_once_and_only_the_first_few() -> None:
    """Near ones by their address, those in the internet by number: anybody there may send such headers."""
    clients = addresses("127.0.0.0/8")
    for _ in range(3):
        clients(scope("172.18.0.2", f"X-Forwarded-For: {CLIENT}"))
        clients(scope("8.8.8.8", f"Forwarded: for={CLIENT}"))
    clients(scope("172.18.0.9"))
    assert clients.untrusted_peers == {"172.18.0.2": 3}
    assert clients.strangers_headers == 3
    for number in range(100):
        clients(scope(f"10.0.0.{number}", f"X-Real-IP: {CLIENT}"))
    assert len(clients.untrusted_peers) == MOST_NOTED_PEERS


def test_it_tells_who_is_a_proxy_of_ours() -> None:
    clients = addresses()
    assert [clients.trusts(peer) for peer in (PROXY, "::ffff:172.18.0.2", "172.19.0.1", "no address")] == [
        True, True, False, False,
    ]  # fmt: skip
