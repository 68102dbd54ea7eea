"""Why a text request is refused; each class's docstring is its sentence (basics.md §11)."""

from __future__ import annotations

from horde_server.errors import HordeError


class MissingPrompt(HordeError):
    """There is no prompt: say what the text should continue."""

    rc = "MissingPrompt"


class InvalidPromptSize(HordeError):
    """The prompt is too long: at most 1,048,576 characters."""

    rc = "InvalidPromptSize"


class TokenOverflow(HordeError):
    """max_length may not exceed max_context_length: the text must fit the context."""

    rc = "TokenOverflow"


class MissingFullSamplerOrder(HordeError):
    """sampler_order must name all seven samplers, each once: or leave it out."""

    rc = "MissingFullSamplerOrder"


class TooManyStopSequences(HordeError):
    """There are at most 128 stop sequences."""

    rc = "TooManyStopSequences"


class ExcessiveStopSequence(HordeError):
    """The stop sequences have at most 2000 characters in all."""

    rc = "ExcessiveStopSequence"


class TooManyExtraSourceImages(HordeError):
    """There are at most five extra source images."""

    rc = "TooManyExtraSourceImages."


class MoreThanMinExtraSourceImage(HordeError):
    """Only trusted accounts may send more than one extra source image."""

    rc = "MoreThanMinExtraSourceImage."


class InvalidMessages(HordeError):
    """The messages cannot be handed to a worker as they are."""

    rc = "InvalidMessages"


class InvalidTools(HordeError):
    """The functions that the model may call cannot be handed to a worker as they are."""

    rc = "InvalidTools"


class InvalidSchema(HordeError):
    """The JSON schema of the answer cannot be handed to a worker as it is."""

    rc = "InvalidSchema"


class InvalidExtraSourceImages(HordeError):
    """Texts have no source images: leave extra_source_images out."""

    rc = "InvalidExtraSourceImages."
