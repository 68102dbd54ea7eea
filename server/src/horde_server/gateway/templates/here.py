"""The chat templates as this horde has them: with the operator's file, its catalogue, and what its workers say."""

from __future__ import annotations

from collections.abc import Sequence

from horde_server.gateway.common.messages import Message
from horde_server.gateway.common.model_names import ModelNames
from horde_server.gateway.templates.own import NO_OWN_TEMPLATES, read_own_templates
from horde_server.gateway.templates.rendering import Rendered, render_aside
from horde_server.models.catalogue import instruct_format
from horde_server.settings import Settings


class Templates:
    """Renders the messages of chats."""

    def __init__(self, settings: Settings, models: ModelNames) -> None:
        """Raises what reading the operator's file raises."""
        path = settings.text_templates
        self._own = NO_OWN_TEMPLATES if path is None else read_own_templates(path)
        self._models = models

    async def render(
        self,
        messages: Sequence[Message],
        models: Sequence[str],
        *,
        template: str | None = None,
        max_context_tokens: int,
        max_length: int,
        thinking: bool = False,
        raw_tokens: bool = False,
    ) -> Rendered:
        """The prompt of a chat for these models; none: whichever. Raises what `render` raises."""
        claims = {
            model.name: model.template
            for model in self._models.served("text")
            if model.name in models and model.template is not None
        }
        return await render_aside(
            messages,
            template=template,
            models=models,
            catalogue=instruct_format,
            claims=claims,
            max_context_tokens=max_context_tokens,
            max_length=max_length,
            own=self._own,
            thinking=thinking,
            raw_tokens=raw_tokens,
        )
