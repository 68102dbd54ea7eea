"""The weights of the built-in models, which the distribution `openhorde-models` brings."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from zipfile import BadZipFile

from horde_worker import VERSION

PACKAGE = "horde_models"

UNREADABLE = (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile)
"""What reading a broken file of weights may raise: numpy and zipfile have an error each for every way to be broken."""


class WeightsNotInstalled(OSError):
    """The distribution with the weights is missing; the message says what to install."""


def shipped_weights(file_name: str) -> Traversable:
    """A file of weights, as it is installed.

    Raises:
        WeightsNotInstalled: `openhorde-models` is not installed, or is one without this file.
    """
    install = f"install the weights of the built-in models: pip install openhorde-models=={VERSION}"
    try:
        found = resources.files(PACKAGE).joinpath(file_name)
    except ModuleNotFoundError as error:
        raise WeightsNotInstalled(f"there is no {file_name}; {install}") from error
    if not found.is_file():
        raise WeightsNotInstalled(f"the installed openhorde-models has no {file_name}; {install}")
    return found
