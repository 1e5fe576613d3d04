"""The keys that the models know: what stands where, and which known key a mistyped one is near."""

import difflib
from collections.abc import Iterator
from typing import Any, Final, get_args

from pydantic.fields import FieldInfo

from pipeline.config.problem import Path, key_path
from pipeline.config.section import Section, written_keys
from pipeline.config.values import Kind

NEAR: Final = 0.7


def sections_in(annotation: Any) -> tuple[type[Section], ...]:
    """The sections that a field may hold, through optionals, tuples and unions."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return (annotation,)
    return tuple(section for part in get_args(annotation) for section in sections_in(part))


def kind_of(field: FieldInfo) -> str:
    """The name of the kind of value that a field holds, or nothing for a section."""
    found = [*field.metadata, *_metadata(field.annotation)]
    return next((entry.name for entry in found if isinstance(entry, Kind)), "")


def _metadata(annotation: Any) -> list[Any]:
    inner = [entry for part in get_args(annotation) for entry in _metadata(part)]
    return [*getattr(annotation, "__metadata__", ()), *inner]


def fields_of(section: type[Section]) -> Iterator[tuple[str, FieldInfo]]:
    """The section's fields under the keys that the file writes."""
    for key, attribute in written_keys(section).items():
        yield key, section.model_fields[attribute]


def sections_at(top: type[Section], loc: Path) -> tuple[type[Section], ...]:
    """The sections that may stand at a path; tags of unions in the path choose among several."""
    sections: tuple[type[Section], ...] = (top,)
    for part in loc:
        named = [section for section in sections if section.__name__.lower() == str(part).strip("<>").lower()]
        if isinstance(part, int):
            continue
        if named:
            sections = tuple(named)
        else:
            fields = [field for section in sections for key, field in fields_of(section) if key == part]
            sections = tuple(inner for field in fields for inner in sections_in(field.annotation))
    return sections


def field_at(top: type[Section], loc: Path) -> FieldInfo | None:
    """The field at a path, if the models know it."""
    for section in sections_at(top, loc[:-1]):
        for key, field in fields_of(section):
            if key == loc[-1]:
                return field
    return None


def known_paths(section: type[Section], path: Path = ()) -> Iterator[Path]:
    """Every key of the file, lists and unions left out of the path."""
    for key, field in fields_of(section):
        yield (*path, key)
        for inner in sections_in(field.annotation):
            yield from known_paths(inner, (*path, key))


def instead_of(top: type[Section], loc: Path) -> str:
    """What to write in place of a key that is not known at this path."""
    key = str(loc[-1])
    here = [known for section in sections_at(top, loc[:-1]) for known, _ in fields_of(section)]
    near = difflib.get_close_matches(key.lower(), here, n=1, cutoff=NEAR)
    if near:
        return f"did you mean `{near[0]}`?"
    elsewhere = [path for path in known_paths(top) if path[-1] == key and len(path) > 1]
    if len(elsewhere) == 1:
        return f"it belongs in `{key_path(elsewhere[0][:-1])}`"
    return "the keys here are " + ", ".join(f"`{known}`" for known in dict.fromkeys(here))
