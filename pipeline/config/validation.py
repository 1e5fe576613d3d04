"""From data to sections: what the models refuse goes into the report in the words of the file."""

from pathlib import Path as FilePath
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from pipeline.config.keys import field_at, instead_of, kind_of
from pipeline.config.mapping_tests import MappingTest
from pipeline.config.mappings import Mapping, WrittenMapping
from pipeline.config.model import File
from pipeline.config.problem import Path
from pipeline.config.report import Report
from pipeline.config.section import Section, is_absent
from pipeline.config.tree import value_at
from pipeline.config.values import written_duration, written_size

S = TypeVar("S", bound=Section)

_MAPPING: Final[TypeAdapter[Mapping]] = TypeAdapter(WrittenMapping)
_STAND_INS: Final[dict[Path, dict[str, Any]]] = {
    ("destination",): {"api_key": "unknown", "sitecode": "unknown"},
    ("kafka",): {"bootstrap_servers": "localhost:9092"},
    ("kafka", "security", "sasl"): {"mechanism": "PLAIN", "username": "unknown"},
}
"""Values for required keys, so that the rest can be checked while one of them is missing or wrong."""
_BOUNDS: Final = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}


class Validation:
    """Makes the sections of one file from its data."""

    def __init__(self, data: dict[str, Any], folder: FilePath, report: Report) -> None:
        self._data = data
        self._context = folder
        self._report = report

    def section(self, model: type[S], key: str) -> S | None:
        """The section under a top key. With mistakes in it: what can be made of the rest."""
        path: Path = (key,)
        if is_absent(self._data.get(key)) and File.model_fields[key].is_required():
            state = "is empty" if self._report.is_written(path) else "is missing"
            self._report.error(path, state, f"write `{key}:` with its keys below it")
        data = {} if is_absent(self._data.get(key)) else self._data[key]
        for _ in range(2):
            data = self._sound(data, path) if self._report.holds_broken(path) else data
            try:
                return model.model_validate(data, context=self._context)
            except ValidationError as error:
                self._explain(error, path)
        return None

    def mappings(self) -> tuple[Mapping | None, ...] | None:
        """The entries of `mappings`, None for one that cannot be read; None where there is no such key."""
        entries = self._entries("mappings", ": then the four presets run")
        if entries is None:
            return None
        return tuple(self._mapping(index, entry) for index, entry in enumerate(entries))

    def tests(self) -> tuple[MappingTest | None, ...]:
        """The entries of `tests`, None for one that cannot be read."""
        entries = self._entries("tests", "") or ()
        return tuple(self._test(index, entry) for index, entry in enumerate(entries))

    def _entries(self, key: str, without: str) -> list[Any] | None:
        """What a list holds, None where there is no such key."""
        data = self._data.get(key)
        if data is None and not self._report.is_written((key,)):
            return None
        if not isinstance(data, list) or not data:
            hint = f"list {key} below it, each with a hyphen; or delete the key{without}"
            self._report.error((key,), f"holds no list of {key}", hint)
            return []
        return data

    def _test(self, index: int, entry: Any) -> MappingTest | None:
        path: Path = ("tests", index)
        if entry is None:
            self._report.error(path, "is empty", "write `name`, `event` and `expect`, or delete the hyphen")
            return None
        try:
            return MappingTest.model_validate(entry, context=self._context)
        except ValidationError as error:
            self._explain(error, path)
        return None

    def _mapping(self, index: int, entry: Any) -> Mapping | None:
        path: Path = ("mappings", index)
        for _ in range(2):
            entry = self._sound(entry, path) if isinstance(entry, dict) else entry
            try:
                return _MAPPING.validate_python(entry, context=self._context)
            except ValidationError as error:
                self._explain(error, path)
            if self._report.is_broken((*path, "preset")):
                return None
        return None

    def unknown_sections(self) -> None:
        """Report top keys that the models do not know."""
        for key in self._data:
            if key not in File.model_fields:
                self._unknown((key,), (key,))

    def _sound(self, data: Any, path: Path) -> dict[str, Any]:
        """The data without what has a mistake; what cannot be left out is stood for."""
        kept = {
            key: self._sound(value, (*path, key)) if isinstance(value, dict) else value
            for key, value in (data if isinstance(data, dict) else {}).items()
            if not self._is_unsound(value, (*path, key))
        }
        stand_ins = _stand_ins(path).items()
        broken = self._report.holds_broken
        return kept | {key: stand_in for key, stand_in in stand_ins if broken((*path, key))}

    def _is_unsound(self, value: Any, path: Path) -> bool:
        broken = self._report.is_broken(path)
        return broken or (isinstance(value, list) and self._report.holds_broken(path))

    def _explain(self, error: ValidationError, prefix: Path) -> None:
        for detail in error.errors(include_url=False, include_input=False):
            loc = (*prefix, *detail["loc"])
            path = tuple(part for part in loc if not str(part).startswith("<"))
            if not self._report.is_broken(path):
                self._explain_one(detail, loc, path)

    def _explain_one(self, detail: ErrorDetails, loc: Path, path: Path) -> None:
        context = detail.get("ctx", {})
        match detail["type"]:
            case "default_factory_not_called":
                pass
            case "missing":
                self._missing(path)
            case "extra_forbidden":
                self._unknown(loc, path)
            case "mistake":
                self._report.error(path, context["message"], context["hint"])
            case kind if kind in _BOUNDS:
                name, words = _BOUNDS[kind]
                bound = _written(loc, context[name])
                self._report.error(path, f"must be {words} {bound}", f"write {words} `{bound}`")
            case _:
                self._report.error(path, detail["msg"], "docs/configuration.md tells what can stand here")

    def _missing(self, path: Path) -> None:
        key = path[-1]
        names = getattr(value_at(self._data, path), "variables", ())
        if names:
            message = f"{' and '.join(names)} is set in the environment and empty"
            self._report.error(path, message, f"set {names[0]} to a value")
        elif self._report.is_written(path):
            self._report.error(path, "is empty", "write a value behind the colon")
        else:
            twin = f" or `{key}_file: …`" if key == "api_key" else ""
            self._report.error(path, "is missing", f"add `{key}: …`{twin}")

    def _unknown(self, loc: Path, path: Path) -> None:
        hint = instead_of(File, loc)
        if loc[-2:-1] == ("<PresetMapping>",) and loc[-1] in ("trigger", "action"):
            hint = "a preset brings its own trigger and action: delete the line, or delete `preset`"
        place = self._report.keys.get(path)
        self._report.error(path, "there is no such key here", hint, place)


def _stand_ins(path: Path) -> dict[str, Any]:
    if path[0] == "mappings" and isinstance(path[-1], int):
        return {"name": f"\0{path[-1]}", "trigger": 'type = "page"', "action": "page"}
    return _STAND_INS.get(path, {})


def _written(loc: Path, bound: float) -> str:
    field = field_at(File, loc)
    kind = kind_of(field) if field else ""
    if kind == "duration":
        return written_duration(bound)
    return written_size(int(bound)) if kind == "size" else f"{bound:g}"
