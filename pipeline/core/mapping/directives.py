"""From a checked template to nodes: plain JSON, and the table of directives."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pipeline.core.event import Json
from pipeline.core.javascript import UNDEFINED
from pipeline.core.mapping.choose import compile_exclude_when_null, compile_if
from pipeline.core.mapping.liquid.directive import compile_liquid
from pipeline.core.mapping.node import Build, Directive, Node, Value, clean
from pipeline.core.mapping.read import (
    compile_array_path,
    compile_literal,
    compile_path_directive,
    compile_template_directive,
)
from pipeline.core.mapping.shape import compile_flatten, compile_json, compile_merge, compile_transform
from pipeline.core.mapping.wording import compile_case, compile_replace

DIRECTIVES: Final[Mapping[str, Directive]] = MappingProxyType(
    {
        "@path": compile_path_directive,
        "@template": compile_template_directive,
        "@literal": compile_literal,
        "@if": compile_if,
        "@case": compile_case,
        "@replace": compile_replace,
        "@arrayPath": compile_array_path,
        "@flatten": compile_flatten,
        "@json": compile_json,
        "@merge": compile_merge,
        "@transform": compile_transform,
        "@excludeWhenNull": compile_exclude_when_null,
        "@liquid": compile_liquid,
    }
)


def compile_value(template: Json, build: Build) -> Node:
    """Compile a template; texts outside a directive are never paths or templates."""
    if isinstance(template, dict):
        name = directive_name(template)
        if name is not None:
            return DIRECTIVES[name](template[name], build.under(name))
        return _compile_object(template, build)
    if isinstance(template, list):
        return _compile_array(template, build)
    return clean(lambda _: template, is_defined=True)


def directive_name(template: dict[str, Json]) -> str | None:
    """The first key that begins with `@`."""
    return next((key for key in template if key.startswith("@")), None)


def _compile_object(template: dict[str, Json], build: Build) -> Node:
    nodes = {key: build.part(value, key) for key, value in template.items()}
    members = [(key, node.raw) for key, node in nodes.items()]
    final_members = [(key, node.member, node.final) for key, node in nodes.items()]

    def raw(payload: Value) -> Value:
        return {key: resolve(payload) for key, resolve in members}

    def final(payload: Value) -> Value:
        members_of = payload if isinstance(payload, dict) else None
        result = {}
        for key, member, resolve in final_members:
            if member is None or members_of is None:
                value = resolve(payload)
            else:  # most of them: a call less for each
                value = members_of.get(member, UNDEFINED)
            if value is not UNDEFINED:
                result[key] = value
        return result

    return Node(
        raw,
        final,
        is_clean=all(node.is_clean and node.is_defined for node in nodes.values()),
        is_whole=all(node.is_whole for node in nodes.values()),
        is_defined=True,
    )


def _compile_array(template: list[Json], build: Build) -> Node:
    nodes = [build.part(item, index) for index, item in enumerate(template)]
    items, final_items = [node.raw for node in nodes], [node.final for node in nodes]
    return Node(
        lambda payload: [resolve(payload) for resolve in items],
        lambda payload: [resolve(payload) for resolve in final_items],
        is_clean=all(node.is_clean for node in nodes),
        is_whole=all(node.is_whole and node.is_defined for node in nodes),
        is_defined=True,
    )
