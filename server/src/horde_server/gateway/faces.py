"""The list of dialects."""

from __future__ import annotations

from horde_server.gateway.common.services import Faces
from horde_server.gateway.openai.face import OpenAI
from horde_server.gateway.sdapi.face import Sdapi

FACES: Faces = {"openai": OpenAI, "sdapi": Sdapi}
