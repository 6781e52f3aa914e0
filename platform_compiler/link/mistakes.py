"""Mistakes of a blueprint's author, told with the line of the blueprint and the spec that triggered them.

The normal path keeps no books for this: a traceback knows the line of an exception, and the line that yields a resource
is found afterwards by expanding once more, for a generator knows where it stands.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from platform_compiler.blueprint.base import Blueprint
from platform_compiler.blueprint.context import FieldError
from platform_compiler.diagnostics import Diagnostic, Location, did_you_mean, one_of
from platform_compiler.graph.resource import Resource
from platform_compiler.link.component import Component


def blueprint_failed(component: Component, error: BaseException) -> Diagnostic:
    """An exception of a blueprint, told with the author's file and line, at the spec that triggered it.

    One that no line of the blueprint takes part in comes from the spec's patches, where there are some.
    """
    if component.instance is not None and component.instance.patches and not _author_frames(component, error):
        return _patch_failed(component, error)
    where = _where(_raised_at(component, error))
    summary = f"{component.blueprint.blueprint_id} raised {type(error).__name__}: {error} ({where})"
    return Diagnostic("PC701", summary, component.locate((), key=True), hint=f"the blueprint's author mends {where}")


def _patch_failed(component: Component, error: BaseException) -> Diagnostic:
    """Patches are tried one more each time, to find the one that leaves no object."""
    from platform_compiler.blueprint.traits.patches import patched  # noqa: PLC0415 - only for specs that have some

    assert component.instance is not None
    patches = component.instance.patches or []
    index = len(patches) - 1
    for number in range(len(patches)):
        try:
            patched(patches[: number + 1], component.instance.expand(component.context))
        except Exception:  # noqa: BLE001 - whatever it is, it is the one to tell
            index = number
            break
    summary = f"the patch leaves no Kubernetes object ({type(error).__name__}: {error})"
    return Diagnostic("PC204", summary, component.locate(("patches", index)), "values of the types that the API has")


def refused(component: Component, fault: FieldError) -> Diagnostic:
    """A fault that a blueprint raised itself: of the named field, or of the blueprint when it names none."""
    hint = fault.hint
    if not fault.path:
        hint = hint or f"the blueprint's author mends {_where(_raised_at(component, fault))}"
    return Diagnostic(fault.code, fault.summary, component.locate(fault.path), fault.expected, hint)


def wrong_outputs(component: Component, error: ValidationError) -> Diagnostic:
    """The blueprint's `outputs` gives names or values that its `Outputs` does not declare."""
    if error.title != component.blueprint.Outputs.__name__:
        return blueprint_failed(component, error)
    declared = component.blueprint.Outputs.model_fields
    first = min(error.errors(include_url=False), key=lambda item: item["type"] != "extra_forbidden")
    name = str(first["loc"][0]) if first["loc"] else ""
    what = {"extra_forbidden": f"the undeclared output {name!r}", "missing": f"no output {name!r}"}.get(
        first["type"], f"a wrong output {name!r} ({first['msg'].lower()})"
    )
    hint = did_you_mean(name, declared) if first["type"] == "extra_forbidden" else ""
    place = _raised_at(component, error)
    return _at_spec(component, "PC711", f"gives {what}", place, one_of(declared), hint)


def no_outputs(component: Component, found: object) -> Diagnostic:
    """The blueprint's `outputs` returns something else than its `Outputs`."""
    summary = f"gives {type(found).__name__}, not its Outputs"
    return _at_spec(component, "PC711", summary, _starts_at(component, "outputs"), "self.Outputs(...)")


def no_resources(component: Component) -> Diagnostic:
    """The blueprint's `expand` returns None: most likely it never yields."""
    return _at_spec(component, "PC702", "returns None, not resources", _starts_at(component, "expand"), "yield")


def not_a_resource(component: Component, found: object) -> Diagnostic:
    """The blueprint's `expand` yields something else than resources."""
    place = yielded_at(component, lambda item: not isinstance(item, Resource))
    summary = f"yields {type(found).__name__}, not a resource"
    return _at_spec(component, "PC702", summary, place, "ctx.resource(...)")


def same_role(component: Component, resource: Resource) -> Diagnostic:
    """The blueprint's `expand` yields two resources of one role."""
    seen: list[Resource] = []

    def second(item: Any) -> bool:
        seen.append(item)
        return sum(other.id == resource.id for other in seen) == 2

    summary = f"yields two resources with the role {resource.role!r}"
    return _at_spec(component, "PC702", summary, yielded_at(component, second), "one resource for each role")


def yielded_at(component: Component, wanted: Callable[[Any], bool]) -> Location:
    """The line of `expand` that yields the first thing that is `wanted`; that of `expand` itself when none is found."""
    assert component.instance is not None
    steps = component.instance.expand(component.context)
    for item in steps:
        frame = getattr(steps, "gi_frame", None)
        if frame is not None and wanted(item):
            return line_of(Path(frame.f_code.co_filename), frame.f_lineno, component.context.environment.root)
    return _starts_at(component, "expand")


def made_at(component: Component, resource: Resource) -> Location:
    """The line of `expand` that yields a resource."""
    return yielded_at(component, lambda item: item.id == resource.id)


def mended_at(component: Component, resource: Resource) -> str:
    """A hint that names the line that yields a resource."""
    return f"the blueprint's author mends {_where(made_at(component, resource))}"


def line_of(file: Path, line: int, root: Path) -> Location:
    """A whole line of a Python file, as a place to point at."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else []
    source = lines[line - 1] if 0 < line <= len(lines) else ""
    column = len(source) - len(source.lstrip()) + 1
    return Location(shown(file, root), line, column, max(1, len(source.strip())), source)


def shown(file: Path, root: Path) -> str:
    """A file's path as messages name it: from the platform's root, or with its folder when it is elsewhere."""
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else f"{file.parent.name}/{file.name}"


def file_of(blueprint: type[Blueprint]) -> Path:
    """The file that a blueprint's class is written in."""
    return Path(sys.modules[blueprint.__module__].__file__ or "")


def _at_spec(
    component: Component, code: str, summary: str, place: Location, expected: str, hint: str = ""
) -> Diagnostic:
    text = f"{component.blueprint.blueprint_id} {summary} ({_where(place)})"
    return Diagnostic(code, text, component.locate((), key=True), expected, hint)


def _where(place: Location) -> str:
    return f"{place.file}:{place.line}"


def _raised_at(component: Component, error: BaseException) -> Location:
    """The deepest line of the traceback in the folder of the blueprint's file."""
    frames = _author_frames(component, error)
    if not frames:
        return _starts_at(component, "expand")
    return line_of(Path(frames[-1].filename), frames[-1].lineno or 1, component.context.environment.root)


def _author_frames(component: Component, error: BaseException) -> list[traceback.FrameSummary]:
    folder = file_of(component.blueprint).parent
    return [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).parent == folder]


def _starts_at(component: Component, method: str) -> Location:
    code = getattr(component.blueprint, method).__code__
    return line_of(Path(code.co_filename), code.co_firstlineno, component.context.environment.root)
