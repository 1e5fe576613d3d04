"""The directives that read: `@path`, `@template`, `@literal`, `@arrayPath`."""

from collections.abc import Callable
from dataclasses import replace

from pipeline.core.event import Json
from pipeline.core.javascript import type_name
from pipeline.core.mapping.allowance import MAX_TEXT, size_of
from pipeline.core.mapping.node import Build, Node, Resolve, Value, clean
from pipeline.core.mapping.paths import compile_path, look_up, split_path, without_root
from pipeline.core.mapping.templates import compile_template, fill


def compile_path_directive(path: Json, build: Build) -> Node:
    """`@path`: the value that a path leads to."""
    if isinstance(path, str):
        keys = split_path(without_root(path))
        node = build.reading(compile_path(keys))
        return replace(node, member=keys[0]) if node.is_clean and len(keys) == 1 else node
    resolve_path = _text_of("@path", path, build)

    def resolve(payload: Value) -> Value:
        return look_up(payload, split_path(without_root(resolve_path(payload))))

    return build.reading(resolve)


def compile_template_directive(template: Json, build: Build) -> Node:
    """`@template`: a text with placeholders."""
    if isinstance(template, str):
        return clean(compile_template(template, build), is_defined=True)
    resolve_template = _text_of("@template", template, build)

    def resolve(payload: Value) -> Value:
        return fill(resolve_template(payload), payload, build)

    return clean(resolve, is_defined=True)


def _text_of(name: str, template: Json, build: Build) -> Callable[[Value], str]:
    """Resolve a nested directive that must give a string."""
    resolve_nested = build.part(template).final

    def resolve(payload: Value) -> str:
        value = resolve_nested(payload)
        if not isinstance(value, str):
            raise build.failure(f"{name}: expected string, got {type_name(value)}")
        return value

    return resolve


def compile_literal(template: Json, build: Build) -> Node:
    """`@literal`: what stands there; nested directives do run."""
    return build.part(template)


def compile_array_path(template: Json, build: Build) -> Node:
    """`@arrayPath`: each item of a list (or one object as a list of one), reshaped."""
    path, *shapes = template
    root = compile_path_directive(path, build) if isinstance(path, str) else build.part(path, 0)
    if not shapes or not shapes[0]:
        return root
    item = build.with_payload(root).part(shapes[0], 1)
    each = _each(size_of(shapes[0], MAX_TEXT), build)
    return Node(
        each(root.raw, item.raw),
        each(root.raw, item.final),
        is_clean=item.is_clean,
        is_whole=item.is_whole and item.is_defined,
    )


def _each(size: int, build: Build) -> Callable[[Resolve, Resolve], Resolve]:
    """How items are reshaped; each one makes the `size` of its shape anew."""

    def reshaping(resolve_root: Resolve, resolve_item: Resolve) -> Resolve:
        def resolve(payload: Value) -> Value:
            root = resolve_root(payload)
            if isinstance(root, dict):
                return [resolve_item(root)]
            if isinstance(root, list):
                build.spend(len(root) * size)
                return [resolve_item(item) for item in root]
            return root

        return resolve

    return reshaping
