"""What is told of news and documents (status.md §4–6)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from horde_server.http.answers import Answer


class Newspiece(Answer):
    """A piece of news, as Markdown."""

    date_published: str
    newspiece: str
    importance: str
    tags: list[str]
    title: str
    more_info_urls: list[str]


class KeptNewspiece(Newspiece):
    """A piece of news with the number that it is changed by."""

    id: str


class HordeDocument(Answer):
    """A document, in the format that was asked for."""

    html: str = ""
    markdown: str = ""


class ServiceSoftware(Answer):
    """The program that a service runs."""

    name: str
    version: str
    repository: str = ""
    homepage: str = ""
    logo: str = ""


class ServiceApi(Answer):
    """An API of a service."""

    name: str
    version: str
    base_url: str
    rel_url: str
    documentation: str


class ServiceApis(Answer):
    """The APIs of a service by their common names."""

    aihorde: ServiceApi


class ServiceInfo(Answer):
    """What a service is, for programs that find it by its host alone."""

    version: Literal["0.2"] = Field("0.2")
    software: ServiceSoftware
    api: ServiceApis
