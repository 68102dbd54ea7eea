"""Chat templates: where messages become a prompt (docs/gateway/templates.md)."""

from horde_server.gateway.templates.refusals import ContextLengthExceeded, UnknownTemplate
from horde_server.gateway.templates.rendering import Rendered, render, render_aside

__all__ = ["ContextLengthExceeded", "Rendered", "UnknownTemplate", "render", "render_aside"]
