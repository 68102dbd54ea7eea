"""The list of dialects."""

from __future__ import annotations

from horde_server.gateway.common.services import Faces
from horde_server.gateway.openai.face import OpenAI

FACES: Faces = {"openai": OpenAI}
