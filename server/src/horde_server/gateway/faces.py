"""The list of dialects."""

from __future__ import annotations

from horde_server.gateway.anthropic.face import Anthropic
from horde_server.gateway.common.services import Faces
from horde_server.gateway.kobold.face import Kobold
from horde_server.gateway.mcp.face import Mcp
from horde_server.gateway.ollama.face import Ollama
from horde_server.gateway.openai.face import OpenAI
from horde_server.gateway.sdapi.face import Sdapi

FACES: Faces = {
    "openai": OpenAI,
    "anthropic": Anthropic,
    "ollama": Ollama,
    "kobold": Kobold,
    "sdapi": Sdapi,
    "mcp": Mcp,
}
