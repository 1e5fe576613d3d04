"""From YAML nodes to dictionaries, lists and texts; where each stands goes into the report."""

from collections.abc import Mapping
from typing import Any, Final

import yaml

from pipeline.config.characters import half_character, whole_characters
from pipeline.config.problem import Path
from pipeline.config.report import Place, Report
from pipeline.config.scalar import Origin, Text
from pipeline.config.variables import expand

Data = Any
"""A dictionary, a list, a `Text`, or None for a key with nothing behind it."""

MOST_NODES: Final = 100_000
MOST_LEVELS: Final = 100
_MOST_FAULTS: Final = 20
"""Of one text: to find the place of each takes as long as the text."""

_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_CORE: Final = "tag:yaml.org,2002:"
_STR: Final = _CORE + "str"
_MERGE: Final = "<<"
_HALF: Final = ("half a character stands here", "write the whole character, as itself or in both its halves")


def value_at(data: Data, path: Path) -> Data:
    """What the data hold at a path, or None."""
    for part in path:
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return None
    return data


class Tree:
    """Builds the data of one file."""

    def __init__(self, source: str, environment: Mapping[str, str], report: Report) -> None:
        self._source = source
        self._environment = environment
        self._report = report
        self._resolver = yaml.resolver.Resolver()
        self._around: list[yaml.Node] = []
        self._count = 0

    def build(self, node: yaml.Node, path: Path = ()) -> Data:
        """The data of a node; `path` is the way to it."""
        self._report.values[path] = _place(node)
        self._count += 1
        if any(node is outer for outer in self._around) or self._count > MOST_NODES:
            self._report.error(path, "an anchor contains itself, over and over", "write the values out")
            return None
        if len(self._around) > MOST_LEVELS:
            hint = f"a configuration has at most {MOST_LEVELS} levels"
            self._report.error(path, "lists and keys are nested too deeply", hint)
            return None
        if not node.tag.startswith(_CORE):
            self._report.error(path, f"the tag `{node.tag}` has no meaning here", "delete it")
            return None
        self._around.append(node)
        try:
            return self._content(node, path)
        finally:
            self._around.pop()

    def _content(self, node: yaml.Node, path: Path) -> Data:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path) if isinstance(node, yaml.ScalarNode) else None

    def _mapping(self, node: yaml.MappingNode, path: Path) -> Data:
        data: dict[str, Data] = {}
        merged: dict[str, Data] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                hint = 'put text that starts with `{` or `[` in quotes, such as `"{{properties.x}}"`'
                self._report.error(path, "a key must be a single word", hint, _place(key))
            elif key.value == _MERGE and key.style is None:
                merged |= self._merged(value, path)
            else:
                self._member(data, whole_characters(key.value), key, value, path)
        return merged | data

    def _member(self, data: dict[str, Data], name: str, key: yaml.Node, value: yaml.Node, path: Path) -> None:
        inner = (*path, name)
        if name in data:
            self._duplicate(inner, _place(key))
        elif half_character(name) is not None:
            self._report.error(path, *_HALF, _place(key))
        else:
            self._report.keys[inner] = _place(key)
            data[name] = self.build(value, inner)

    def _merged(self, node: yaml.Node, path: Path) -> dict[str, Data]:
        here = self._report.values[path]
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        built = [self.build(part, path) for part in reversed(parts)]
        self._report.values[path] = here
        if not all(isinstance(part, dict) for part in built):
            self._report.error(path, "`<<` takes groups of keys only", "point it to an anchor", _place(node))
            return {}
        return {key: value for part in built for key, value in part.items()}

    def _duplicate(self, path: Path, place: Place) -> None:
        line = self._report.keys[path][0]
        self._report.error(path, f"the key is already on line {line}", "keep one of the two", place)

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Data:
        plain = node.style is None and not self._is_made_text(node)
        if plain and node.value in _NULLS:
            return None
        value = whole_characters(node.value)
        origin = Origin(self._source, node.start_mark.index, node.end_mark.index, node.style, value)
        expanded = expand(value, self._environment, is_of_mapping=path[:1] == ("mappings",))
        for fault in expanded.faults[:_MOST_FAULTS]:
            self._report.error(path, fault.message, fault.hint, origin.place(fault.offset))
        if half_character(expanded.text) is not None:
            self._report.error(path, *_HALF)
        text = Text(
            expanded.text,
            plain=plain,
            variables=tuple(expanded.names),
            expansions=tuple(expanded.expansions),
            origin=origin,
        )
        if text.variables:
            self._report.fill_in(path, text)
        return text

    def _is_made_text(self, node: yaml.ScalarNode) -> bool:
        """Whether `!!str` was written before it."""
        if node.tag != _STR:
            return False
        guess = self._resolver.resolve(yaml.ScalarNode, node.value, (True, False))  # type: ignore[no-untyped-call] # the stubs leave it out
        return bool(guess != _STR)


def _place(node: yaml.Node) -> Place:
    return node.start_mark.line + 1, node.start_mark.column + 1
