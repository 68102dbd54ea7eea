"""Package attributes that import their module on first use, so that `import horde_sdk` costs next to nothing."""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec


def lazy_exports(
    package: str,
    names_by_module: Mapping[str, Sequence[str] | str],
) -> tuple[list[str], Callable[[str], object], Callable[[], list[str]]]:
    """Return `__all__`, `__getattr__` and `__dir__` for a package; its modules are attributes of it as well.

    Args:
        package: The package's `__name__`.
        names_by_module: Absolute module path to the names that the package re-exports from there: several, or one
            text with spaces between them.
    """
    origin = {
        name: module
        for module, names in names_by_module.items()
        for name in (names.split() if isinstance(names, str) else names)
    }

    def load(name: str) -> object:
        if name not in origin:
            if not name.startswith("__") and find_spec(f"{package}.{name}") is not None:
                return import_module(f"{package}.{name}")
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = import_module(origin[name])
        found: object = getattr(module, name)
        if name in vars(module):  # else it is computed when asked for, and may be another next time
            setattr(sys.modules[package], name, found)
        return found

    def listing() -> list[str]:
        return sorted({*vars(sys.modules[package]), *origin})

    return sorted(origin), load, listing
