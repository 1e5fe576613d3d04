"""The directives that build objects and JSON text: `@flatten`, `@merge`, `@json`, `@transform`."""

from collections.abc import Iterator

from pipeline.core.event import Json
from pipeline.core.javascript import UNDEFINED, ordered_keys, type_name
from pipeline.core.javascript_json import MAX_DEPTH, TooDeepError, json_text, parse_json
from pipeline.core.mapping.node import Build, Node, Resolve, Value, clean


def compile_flatten(options: Json, build: Build) -> Node:
    """`@flatten`: one level of keys, joined by the separator."""
    part = build.part(options["value"], "value")
    separator, with_arrays = options["separator"], not options.get("omitArrays")

    def raw(payload: Value) -> Value:
        return _flattened(part.raw(payload), separator, with_arrays=with_arrays, build=build)

    is_clean = part.is_clean and part.is_whole and part.is_defined
    final = raw if is_clean else build.final_of(raw)
    return Node(raw, final, is_clean=is_clean, is_whole=with_arrays or part.is_whole, is_defined=True)


def _flattened(root: Value, separator: str, *, with_arrays: bool, build: Build) -> dict[str, Json]:
    def is_open(value: Value) -> bool:
        return isinstance(value, dict) or (with_arrays and isinstance(value, list))

    if not is_open(root):
        return {"": root}
    flat: dict[str, Json] = {}
    open_containers = [("", _entries(root))]
    while open_containers:
        prefix, entries = open_containers[-1]
        key, value = next(entries, (None, None))
        if key is None:
            open_containers.pop()
            continue
        name = f"{prefix}{separator}{key}" if prefix else key
        build.spend(len(name))
        if is_open(value):
            open_containers.append((name, _entries(value)))
        else:
            flat[name] = value
    return flat


def _entries(container: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(container, list):
        return ((str(index), item) for index, item in enumerate(container))
    return ((key, container[key]) for key in ordered_keys(container))


def compile_merge(options: Json, build: Build) -> Node:
    """`@merge`: the members of several objects; the last one (`right`) or the first (`left`) wins."""
    parts = [build.part(each, "objects", index) for index, each in enumerate(options["objects"])]
    resolve_each = [part.raw for part in parts]
    is_left = options["direction"] == "left"

    def raw(payload: Value) -> Value:
        values = [resolve(payload) for resolve in resolve_each]
        merged: dict[str, Json] = {}
        for value in reversed(values) if is_left else values:
            merged |= _own_members(value)
        return merged

    is_whole = all(part.is_whole for part in parts)
    is_clean = is_whole and all(part.is_clean for part in parts)
    return Node(raw, raw if is_clean else build.final_of(raw), is_clean, is_whole, is_defined=True)


def _own_members(value: Value) -> dict[str, Json]:
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return {str(index): item for index, item in enumerate(value)}
    if isinstance(value, str):
        return {str(index): unit for index, unit in enumerate(_units(value))}
    return {}


def _units(string: str) -> Iterator[str]:
    """UTF-16 code units, each as a string of its own."""
    for char in string:
        if char <= "\uffff":
            yield char
        else:
            pair = char.encode("utf-16-be")
            yield chr(int.from_bytes(pair[:2], "big"))
            yield chr(int.from_bytes(pair[2:], "big"))


def compile_json(options: Json, build: Build) -> Node:
    """`@json`: a value as JSON text, or the value that a JSON text holds."""
    part = build.part(options["value"], "value")
    if options["mode"] == "encode":
        return clean(_encoder(part.raw, build), is_defined=part.is_defined)
    return Node(
        _decoder(part.raw, build),
        _decoder(part.final, build),
        is_clean=part.is_clean,
        is_whole=part.is_whole,
        is_defined=part.is_defined,
    )


def _encoder(resolve_part: Resolve, build: Build) -> Resolve:
    def resolve(payload: Value) -> Value:
        encoded = json_text(build.weighed(resolve_part(payload)))
        build.spend(len(encoded) if isinstance(encoded, str) else 0)
        return encoded

    return resolve


def _decoder(resolve_part: Resolve, build: Build) -> Resolve:
    def resolve(payload: Value) -> Value:
        value = resolve_part(payload)
        if not isinstance(value, str):
            return value
        build.spend(len(value))
        try:
            return parse_json(value)
        except ValueError:
            return value
        except TooDeepError:
            raise build.failure(f"decodes JSON nested more than {MAX_DEPTH} levels deep") from None

    return resolve


def compile_transform(options: Json, build: Build) -> Node:
    """`@transform`: what `apply` gives is the payload of `mapping`."""
    apply = build.part(options["apply"], "apply")
    applied = Node(apply.final, apply.final, is_clean=True, is_whole=apply.is_whole)
    mapping = build.with_payload(applied).part(options["mapping"], "mapping")

    def of_applied(resolve_mapping: Resolve) -> Resolve:
        def resolve(payload: Value) -> Value:
            if payload is UNDEFINED:
                payload = {}
            if not isinstance(payload, dict):
                raise build.failure(f"data must be an object, got {type_name(payload)}")
            return resolve_mapping(build.weighed(applied.final(payload)))

        return resolve

    return Node(
        of_applied(mapping.raw),
        of_applied(mapping.final),
        is_clean=mapping.is_clean,
        is_whole=mapping.is_whole,
        is_defined=mapping.is_defined,
    )
