"""Rights: what a call may need, as users say it."""

from __future__ import annotations

from enum import Enum
from typing import Final


class Right(Enum):
    """What a call needs. Which keys carry it: `identity/caller.py`."""

    __hash__ = object.__hash__  # every call looks some up in sets; Enum's own is Python code

    ANYBODY = "anybody; no key is looked at"
    LOCAL = "programs on this machine; the route looks at the socket"
    SIGNED = "whoever has an address that this horde signed; the route looks at the signature"
    ANYBODY_NAMED = "anybody; who sends a key may be told more"
    ANY_KEY = "whoever has a key, whatever it is for"
    ASK = "asking for work"
    WORK = "serving as a worker"
    READ_OWN = "seeing what only the user sees of an account and its workers"
    MANAGE_WORKERS = "changing and removing one's workers"
    MANAGE_OWN = "changing one's account and what belongs to it, and giving its kudos away"
    MODERATE = "moderating this horde"
    ADMINISTER = "administering this horde"


PRIVILEGED: Final = frozenset({Right.MANAGE_WORKERS, Right.MANAGE_OWN, Right.MODERATE, Right.ADMINISTER})
"""What is changed by these is recorded, with the reason that the header `Audit-Reason` gives."""
KEYLESS: Final = frozenset({Right.ANYBODY, Right.LOCAL, Right.SIGNED})
