"""Words of chains: what a stage is, where it is, what it needs, and how it hangs on another."""

from enum import auto

from horde_sdk._text_enum import TextEnum


class CHAIN_NODE_KIND(TextEnum):
    """Kinds of stage, by what it does."""

    GENERATE = auto()
    POST_PROCESS = auto()
    SAFETY_CHECK = auto()
    SUBMIT = auto()
    CUSTOM = auto()


class CHAIN_NODE_STATE(TextEnum):
    """Where a stage is in its life."""

    PENDING = auto()
    READY = auto()
    """All that it waits for is done."""
    EXECUTING = auto()
    COMPLETED = auto()
    FAILED = auto()
    SKIPPED = auto()
    """Left out: it was optional, or something before it failed."""


class CHAIN_CAPABILITY(TextEnum):
    """What a process must be able to do to work on a stage."""

    INFERENCE = auto()
    POST_PROCESSING = auto()
    SAFETY = auto()
    CUSTOM = auto()


class CHAIN_EDGE_KIND(TextEnum):
    """What one stage hands to the next."""

    CUSTOM = auto()
    SAME_GENERATION = auto()
    RESULTING_IMAGE_AS_SOURCE = auto()
    RESULTING_TEXT_AS_PROMPT = auto()
    RESULTING_IMAGE_AS_MASK = auto()
    RESULTING_IMAGE_AS_CONTROL_MAP = auto()
    IMAGE_TO_ALCHEMY_UPSCALE = auto()
    IMAGE_TO_ALCHEMY_FACEFIX = auto()
    ALCHEMY_TO_ALCHEMY = auto()
    TEXT_TO_IMAGE_PROMPT = auto()
