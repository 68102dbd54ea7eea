"""Why a horde, or a server of the owner's own, could not be reached, in words for the worker's owner."""

from __future__ import annotations

import errno

import aiohttp

_SENTENCES: dict[type[Exception], str] = {
    TimeoutError: "{where} did not answer in time",
    aiohttp.ClientConnectorDNSError: "there is no host {where}, or the name service is out of reach: check the address",
    aiohttp.ClientConnectorCertificateError: "the certificate of {where} is not trusted: {detail}",
    aiohttp.ClientSSLError: "{where} does not speak TLS: does its address begin with http:// rather than https://?",
    aiohttp.InvalidURL: "{where} is no address of {what}",
    aiohttp.ServerDisconnectedError: "{where} closed the connection without an answer",
    aiohttp.ClientPayloadError: "the answer of {where} broke off",
    aiohttp.ClientConnectorError: "no connection to {where}: {detail}",
    Exception: "what {where} answered is not HTTP as it should be",
}
"""The first that fits holds."""

_BY_NUMBER = {
    errno.ECONNREFUSED: "connection refused at {where}: nothing listens there, {what} is not running",
    errno.ENETUNREACH: "there is no way to {where}: is this machine online?",
    errno.EHOSTUNREACH: "there is no way to {where}: is that machine on?",
    errno.ECONNRESET: "the connection to {where} broke",
}


def in_words(error: Exception, where: str, what: str = "the horde") -> str:
    """What went wrong with a connection to `where`, a host with its port; `what` should be there."""
    number = error.errno if isinstance(error, OSError) else None
    sentence = _BY_NUMBER.get(number or 0) or next(
        sentence for kind, sentence in _SENTENCES.items() if isinstance(error, kind)
    )
    detail = error.certificate_error if isinstance(error, aiohttp.ClientConnectorCertificateError) else error
    return sentence.format(where=where, what=what, detail=getattr(detail, "strerror", None) or detail)
