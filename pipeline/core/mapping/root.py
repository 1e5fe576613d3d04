"""The root directive of a mapping (reference: 2.1, step 3)."""

from typing import Final

from pipeline.core.event import Json

ROOT_KEY: Final = "__segment_internal_directive"


def expand_root(template: Json) -> Json:
    """A template, with its root directive, already checked, in the place of the whole.

    The other fields become the `mapping` of the directive, which is a `@transform`.
    """
    if not isinstance(template, dict) or ROOT_KEY not in template:
        return template
    others = {key: value for key, value in template.items() if key != ROOT_KEY}
    (options,) = template[ROOT_KEY].values()
    return {"@transform": {**options, "mapping": others}}
