"""Which keys differ between two configurations, those of `destination` and `tests` left out."""

from pipeline.config.model import Config, File
from pipeline.config.problem import key_path
from pipeline.config.section import Section, written_keys


def changed_keys(before: Config, after: Config) -> tuple[str, ...]:
    """The keys with another value, two levels deep: `delivery.timeout`, `mappings`."""
    found: list[str] = []
    for name in File.model_fields:
        old, new = getattr(before, name), getattr(after, name)
        if name in ("destination", "tests") or old == new:
            continue
        if isinstance(old, Section) and isinstance(new, Section):
            keys = written_keys(type(old)).items()
            found += [key_path((name, key)) for key, at in keys if getattr(old, at) != getattr(new, at)]
        else:
            found.append(name)
    return tuple(found)
