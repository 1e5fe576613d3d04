"""What every section of the file has in common."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from pipeline.config.scalar import Text
from pipeline.config.values import mistake


class Section(BaseModel):
    """A group of keys: frozen, and closed to keys that it does not know.

    Attributes carry units (`timeout_s`); the file's keys are their aliases (`timeout`). A key with
    nothing behind it counts as not written.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _leave_out_absent(cls, data: Any) -> Any:
        if isinstance(data, dict):
            return {key: value for key, value in data.items() if not is_absent(value)}
        if isinstance(data, str | list):
            shape = "a list" if isinstance(data, list) else "a single value"
            first = next(iter(written_keys(cls)))
            raise mistake(
                f"is {shape} where keys are meant", f"write its keys below it, such as `{first}: …`"
            )
        return data


def is_absent(value: object) -> bool:
    """Whether a key has nothing behind it."""
    return value is None or (isinstance(value, Text) and value.is_absent)


def written_keys(section: type[Section]) -> dict[str, str]:
    """The section's keys as the file writes them, each with its attribute."""
    return {field.alias or name: name for name, field in section.model_fields.items()}
