"""YAML as a tree of texts that remembers its lines: what a value means, the schema of the settings decides.

YAML itself would read the anonymous key `0000000000` as a number in base eight and `22:00` as 79200.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    import yaml  # two megabytes, which a worker without a file does not need

MAX_FILE_BYTES: Final = 1024 * 1024
MAX_VALUES: Final = 20_000
"""Names that stand for others (`*anchor`) count each time: a small file cannot become a large one."""
MAX_DEPTH: Final = 20

Path: TypeAlias = tuple[str | int, ...]

_NOTHING: Final = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE: Final = frozenset({"true", "yes", "on"})
_FALSE: Final = frozenset({"false", "no", "off"})
_WHOLE: Final = re.compile(r"[-+]?(0|[1-9]\d{0,17})")
_DECIMAL: Final = re.compile(r"[-+]?(0|[1-9]\d{0,17})?\.\d{1,17}")


class UnreadableFile(ValueError):
    """The file is no settings; the text says where and why."""


class Plain(str):
    """A value written without quotes: it may be meant as a number or a yes."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Tree:
    """What a file says, and on which line each of it stands."""

    values: dict[str, Any]
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """The line of a value, or of the nearest thing around it; 1 where nothing is known."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def parse(text: str) -> Tree:
    """Read YAML. Raises `UnreadableFile`, which never quotes the file: a key may be in it."""
    import yaml

    if len(text) > MAX_FILE_BYTES:
        raise UnreadableFile(f"it has more than {MAX_FILE_BYTES} characters")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        raise UnreadableFile(f"{where}{error.problem or 'this is no YAML'}") from None
    except (yaml.YAMLError, RecursionError):
        raise UnreadableFile("this is no YAML") from None
    if root is None:
        return Tree({})
    if not isinstance(root, yaml.MappingNode):
        raise UnreadableFile("line 1: settings are lines of the form `key: value`")
    reader = _Reader()
    return Tree(reader.mapping(root, ()), reader.lines)


class _Reader:
    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self._read = 0

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        import yaml

        found: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise UnreadableFile(f"line {line}: a key is a word")
            if key.value in found:
                raise UnreadableFile(f"line {line}: {key.value!r} stands here for the second time")
            self.lines[*path, key.value] = line
            found[key.value] = self._value(value, (*path, key.value))
        return found

    def _value(self, node: yaml.Node, path: Path) -> Any:
        import yaml

        self._read += 1
        if self._read > MAX_VALUES or len(path) > MAX_DEPTH:
            raise UnreadableFile(f"line {node.start_mark.line + 1}: there are too many values")
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return list(self._items(node, path))
        assert isinstance(node, yaml.ScalarNode)
        if node.style in ("'", '"', "|", ">"):
            return str(node.value)
        return None if node.value in _NOTHING else Plain(node.value)

    def _items(self, node: yaml.SequenceNode, path: Path) -> Iterator[Any]:
        for place, item in enumerate(node.value):
            self.lines[*path, place] = item.start_mark.line + 1
            yield self._value(item, (*path, place))


def resolved(value: Any) -> Any:
    """A value for which there is no schema, such as an option of a foreign backend: as YAML 1.2 would read it."""
    if isinstance(value, dict):
        return {name: resolved(one) for name, one in value.items()}
    if isinstance(value, list):
        return [resolved(one) for one in value]
    if not isinstance(value, Plain):
        return value
    text = str(value)
    if text.lower() in _TRUE or text.lower() in _FALSE:
        return text.lower() in _TRUE
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
