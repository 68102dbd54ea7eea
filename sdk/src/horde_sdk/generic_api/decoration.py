"""Class decorators for models that have no sensible hash or equality."""

from typing import TypeVar

T = TypeVar("T")

_UNHASHABLE_MARK = "_horde_unhashable"
_UNEQUATABLE_MARK = "_horde_unequatable"


def Unhashable(cls: type[T]) -> type[T]:
    """Make `hash()` of instances raise `TypeError`."""
    cls.__hash__ = None  # type: ignore[assignment]
    setattr(cls, _UNHASHABLE_MARK, True)
    return cls


def Unequatable(cls: type[T]) -> type[T]:
    """Make instances equal only to themselves."""

    def is_same(self: object, other: object) -> bool:
        return self is other

    cls.__eq__ = is_same  # type: ignore[method-assign]
    setattr(cls, _UNEQUATABLE_MARK, True)
    return cls


def is_unhashable(obj: object) -> bool:
    """Tell whether a class, or an object's class, was marked `Unhashable`."""
    return hasattr(obj, _UNHASHABLE_MARK)


def is_unequatable(obj: object) -> bool:
    """Tell whether a class, or an object's class, was marked `Unequatable`."""
    return hasattr(obj, _UNEQUATABLE_MARK)
