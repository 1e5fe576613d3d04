"""Stage map: fields of a request out of an event, by the directives of a mapping (reference: 2)."""

from pipeline.core.mapping.allowance import MAX_TEXT, copies_of, size_of
from pipeline.core.mapping.compiled import Mapping, compile_mapping
from pipeline.core.mapping.errors import MappingError, MappingProblem

__all__ = [
    "MAX_TEXT",
    "Mapping",
    "MappingError",
    "MappingProblem",
    "compile_mapping",
    "copies_of",
    "size_of",
]
