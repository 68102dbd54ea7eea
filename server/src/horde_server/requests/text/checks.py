"""The checks of a text order that need nobody but itself and who asks (requests.md §8.1, §8.5)."""

from __future__ import annotations

from horde_server.identity.directory import Account
from horde_server.requests.asked import GivenPictures
from horde_server.requests.text import refusals
from horde_server.requests.text.order import TextOrder

MAX_PROMPT_CHARACTERS = 4 * 262_144
"""Not the original's, which takes any: the longest context that is rewarded, at four characters a token."""
FULL_SAMPLER_ORDER = 7
MAX_STOP_SEQUENCES = 128
MAX_STOP_CHARACTERS = 2000
MAX_EXTRA_SOURCE_IMAGES = 5


def check_extra_source_images(pictures: GivenPictures, account: Account) -> None:
    """As for images; that texts take none at all is checked later."""
    if len(pictures.extra) > MAX_EXTRA_SOURCE_IMAGES:
        raise refusals.TooManyExtraSourceImages
    if len(pictures.extra) > 1 and not account.trusted:
        raise refusals.MoreThanMinExtraSourceImage


def check_prompt(prompt: str) -> None:
    """There must be a prompt, and none longer than any context."""
    if not prompt:
        raise refusals.MissingPrompt
    if len(prompt) > MAX_PROMPT_CHARACTERS:
        raise refusals.InvalidPromptSize


def check_wishes(order: TextOrder, pictures: GivenPictures) -> None:
    """What is wished for must fit together; of what does not the first is raised, in the API's order."""
    if order.max_context_length < order.max_length:
        raise refusals.TokenOverflow
    samplers = order.sampling.sampler_order
    if samplers is not None and len(set(samplers)) < FULL_SAMPLER_ORDER:
        raise refusals.MissingFullSamplerOrder
    stops = set(order.sampling.stop_sequence or ())
    if len(stops) > MAX_STOP_SEQUENCES:
        raise refusals.TooManyStopSequences
    if sum(map(len, stops)) > MAX_STOP_CHARACTERS:
        raise refusals.ExcessiveStopSequence
    if pictures.extra:
        raise refusals.InvalidExtraSourceImages
