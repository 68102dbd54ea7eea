"""Why styles and collections are refused; each class's docstring is its sentence (basics.md §11)."""

from __future__ import annotations

from horde_server.errors import HordeError


class StyleNotFound(HordeError):
    """There is no style of this id or name."""

    status, rc = 404, "StyleNotFound"


class CollectionNotFound(HordeError):
    """There is no collection of this id or name."""

    status, rc = 404, "CollectionNotFound"


class StyleExampleNotFound(HordeError):
    """This style has no example with this id."""

    status, rc = 404, "StyleExampleNotFound"


class StyleMismatch(HordeError):
    """This style is not for what you ask for: choose one of the kind of your request."""

    rc = "StyleMismatch"


class StyleGetMistmatch(HordeError):
    """This style is of the other kind: ask for it among those."""

    rc = "StyleGetMistmatch"


class StylePromptMissingVars(HordeError):
    """The prompt of a style must say where the user's goes."""

    rc = "StylePromptMissingVars"


class StylesRequiresCustomizer(HordeError):
    """Only trusted accounts and customizers may make styles: ask a moderator to make you one."""

    status, rc = 403, "StylesRequiresCustomizer"


class StylesAnonForbidden(HordeError):
    """Anonymous has no styles or collections: use an API key of your own."""

    status, rc = 403, "StylesAnonForbidden"


class NotYours(HordeError):
    """Only its owner may do this."""

    status, rc = 403, "Forbidden"


class TooManyStyles(HordeError):
    """You have as many styles or collections as an account may have: delete some."""

    status, rc = 403, "TooManyStyles"


class TooManyStyleExamples(HordeError):
    """A style has at most 4 examples: delete one, or change its address."""

    status, rc = 403, "TooManyStyleExamples"


class ExampleURLAlreadyInUse(HordeError):
    """This style has an example with this address already."""

    rc = "ExampleURLAlreadyInUse"


class SharedKeyInvalid(HordeError):
    """You have no shared key with this id: make one at /sharedkeys."""

    rc = "SharedKeyInvalid"


class StyleKeyEmpty(HordeError):
    """This shared key has no kudos left: give it more before you give it to a style."""

    rc = "SharedKeyEmpty"


class StyleKeyExpired(HordeError):
    """This shared key has expired: set another end before you give it to a style."""

    rc = "SharedKeyExpired"
