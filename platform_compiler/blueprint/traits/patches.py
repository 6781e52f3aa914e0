"""Patches: the escape hatch for what no field says. Each must match an object and change it, and leaves its mark on it.

`merge` is a JSON merge patch (RFC 7396: mappings merge, null removes, lists are replaced), `operations` are those of a
JSON patch (RFC 6902), with JSON pointers (RFC 6901). An environment can forbid patches.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from platform_compiler.blueprint.context import FieldError
from platform_compiler.blueprint.fields import Matching
from platform_compiler.diagnostics import did_you_mean, one_of
from platform_compiler.graph.resource import Manifest, Resource
from platform_compiler.spec.validation import InputError, Model

MARK: Final = "platc.dev/patched"
"""The annotation of a patched object; it holds what was patched, as JSON pointers."""
IDENTITY: Final = (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace"))


Pointer = Annotated[str, Matching(r"(/[^/]*)+", "a JSON pointer such as /spec/replicas", lambda value: "/" + value)]


class Operation(Model):
    """One operation of a JSON patch."""

    op: Literal["add", "replace", "remove", "test"] = Field(description="What to do.")
    path: Pointer = Field(description="A JSON pointer, such as /spec/replicas; ~1 stands for /.")
    value: Any = Field(None, description="The value to add, to put in place, or to expect.")


class Patch(Model):
    """A change of the objects of one kind that the component makes."""

    kind: str = Field(description="The kind of the objects, such as Deployment.")
    role: str | None = Field(None, description="Only the object of this role in the component, such as service.")
    merge: dict[str, Any] | None = Field(None, description="Values to merge in; null removes.")
    operations: list[Operation] | None = Field(None, description="Operations of a JSON patch, in their order.")

    @model_validator(mode="after")
    def _says_something(self) -> Patch:
        if not self.merge and not self.operations:
            raise InputError("a patch without a change", expected="`merge` or `operations`")
        return self

    def fits(self, resource: Resource) -> bool:
        """Whether the patch is about the resource."""
        return resource.kind == self.kind and self.role in {None, resource.role}


class _NoPlaceError(LookupError):
    """An operation that cannot be done at its pointer."""

    def __init__(self, summary: str, expected: str = "a path that exists") -> None:
        super().__init__(summary)
        self.expected = expected


def patched(patches: Sequence[Patch], resources: Iterable[Resource]) -> list[Resource]:
    """The resources with every patch applied, in order; raises `FieldError` for one without effect."""
    found = list(resources)
    for index, patch in enumerate(patches):
        fitting = [place for place, resource in enumerate(found) if patch.fits(resource)]
        if not fitting:
            names = {resource.kind for resource in found}
            if patch.kind in names:
                roles = {resource.role for resource in found if resource.kind == patch.kind}
                summary = f"the component makes no {patch.kind} of the role {patch.role!r}"
                raise _without_effect(index, "role", summary, one_of(roles), did_you_mean(str(patch.role), roles))
            summary = f"the component makes no {patch.kind}"
            raise _without_effect(index, "kind", summary, one_of(names), did_you_mean(patch.kind, names))
        for place in fitting:
            found[place] = _apply(patch, index, found[place])
    return found


def _without_effect(index: int, field: str, summary: str, expected: str, hint: str = "") -> FieldError:
    return FieldError(("patches", index, field), summary, expected=expected, hint=hint, code="PC208")


def _apply(patch: Patch, index: int, resource: Resource) -> Resource:
    before = resource.manifest
    after: Manifest = copy.deepcopy(before)
    if patch.merge:
        after = _merge(after, patch.merge)
    for number, operation in enumerate(patch.operations or ()):
        try:
            _operate(after, operation)
        except _NoPlaceError as error:
            summary = f"{operation.path} of {resource.kind} {resource.name}: {error}"
            path = ("patches", index, "operations", number, "path")
            raise FieldError(path, summary, expected=error.expected, code="PC208") from None
    if after == before:
        field = "merge" if patch.merge else "operations"
        raise _without_effect(index, field, f"it leaves {resource.kind} {resource.name} as it is", "a change")
    if any(_at(after, path) != _at(before, path) for path in IDENTITY):
        raise FieldError(("patches", index), "a patch cannot make another object", expected="its name kept")
    annotations = dict(after["metadata"].get("annotations") or {})
    annotations[MARK] = ",".join(dict.fromkeys([*filter(None, [annotations.get(MARK)]), *_pointers(patch)]))
    after["metadata"] = {**after["metadata"], "annotations": dict(sorted(annotations.items()))}
    return resource._replace(manifest=after)


def _at(value: Any, path: Sequence[str]) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _merge(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merge(merged.get(key), value)
    return merged


def _operate(document: Manifest, operation: Operation) -> None:
    *parents, last = (step.replace("~1", "/").replace("~0", "~") for step in operation.path[1:].split("/"))
    place: Any = document
    for step in parents:
        place = _step(place, step)
    if operation.op == "add":
        _add(place, last, operation.value)
        return
    present = _step(place, last)
    key = int(last) if isinstance(place, list) else last
    if operation.op == "remove":
        del place[key]
    elif operation.op == "replace":
        place[key] = operation.value
    elif present != operation.value:
        raise _NoPlaceError("the test fails", f"the value {present!r} in the test")


def _step(place: Any, step: str) -> Any:
    if isinstance(place, dict) and step in place:
        return place[step]
    if isinstance(place, list) and step.isdecimal() and int(step) < len(place):
        return place[int(step)]
    if isinstance(place, list):
        raise _NoPlaceError(f"there is no item {step!r}", f"an index from 0 to {len(place) - 1}")
    raise _NoPlaceError(f"there is no {step!r}", one_of(place) if isinstance(place, dict) else "a path that exists")


def _add(place: Any, last: str, value: Any) -> None:
    if isinstance(place, dict):
        place[last] = value
    elif isinstance(place, list) and last == "-":
        place.append(value)
    elif isinstance(place, list) and last.isdecimal() and int(last) <= len(place):
        place.insert(int(last), value)
    else:
        raise _NoPlaceError("nothing can be added there")


def _pointers(patch: Patch) -> Iterator[str]:
    yield from (operation.path for operation in patch.operations or () if operation.op != "test")
    yield from _leaves(patch.merge or {}, "")


def _leaves(value: dict[str, Any], pointer: str) -> Iterator[str]:
    for key, item in value.items():
        here = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
        if isinstance(item, dict) and item:
            yield from _leaves(item, here)
        else:
            yield here
