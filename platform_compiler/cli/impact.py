"""`platc impact`: who changes, and how, against another git revision; as text, JSON, or Markdown for a pull request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from platform_compiler.cli.changes import MARKS, short
from platform_compiler.cli.errors import FINE, INPUT_WRONG
from platform_compiler.cli.options import current_root, format_option

if TYPE_CHECKING:
    from platform_compiler.fleet.compare import ComponentChange, ObjectChange
    from platform_compiler.fleet.impact import Impact

DETAILS: Final = 50
"""Components whose changes Markdown shows in full: a comment on a pull request has a limit."""


@click.command("impact")
@click.option("--base", required=True, metavar="REF", help="The git revision to compare with, such as origin/main.")
@click.option("--env", "-e", "environments", multiple=True, metavar="ENV", help="Only these environments.")
@format_option("text", "json", "markdown")
def impact_command(base: str, environments: tuple[str, ...], format: str) -> int:  # noqa: A002 - the option's name
    """Compile every spec of another revision and of this one, and tell who changes and how.

    Exits with 1 when something is broken here, else with 0. Needs git, and no engine, cluster or network.
    """
    from platform_compiler.fleet.impact import measure_impact  # noqa: PLC0415 - the provider's rules are not for all

    impact = measure_impact(current_root(), base, environments)
    if format == "json":
        click.echo(json.dumps(_record(impact), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_markdown(impact) if format == "markdown" else _text(impact)))
    return INPUT_WRONG if impact.is_broken else FINE


def _summary(changes: Any) -> str:
    from platform_compiler.fleet.impact import count_by_status  # noqa: PLC0415 - loaded by now

    return ", ".join(f"{number} {status}" for status, number in count_by_status(changes).items()) or "nothing there"


def _text(impact: Impact) -> Iterator[str]:
    yield f"compared with {impact.base[:12]}"
    for environment, changes in impact.environments.items():
        yield f"\n{environment}: {_summary(changes)}"
        yield from (f"  not compared, the base has a fault: {fault}" for fault in impact.base_faults[environment])
        yield from change_lines(changes)


def change_lines(changes: Sequence[ComponentChange]) -> Iterator[str]:
    """The components that change, each with its objects and their changed fields."""
    for change in changes:
        if change.status != "unchanged":
            yield f"  {change.status:<9} {change.id}  {_versions(change)}  {change.place}".rstrip()
            yield from (f"      {line}" for line in _details(change))


def _versions(change: ComponentChange) -> str:
    if change.before and change.after and change.before != change.after:
        return f"{change.before} -> {change.after}"
    return change.after or change.before


def _details(change: ComponentChange) -> Iterator[str]:
    yield from change.faults
    for item in change.objects:
        yield from _object_lines(item)


def _object_lines(item: ObjectChange) -> Iterator[str]:
    """One changed object and its changed fields."""
    risk = "  RISK: its data goes with it" if item.loses_data else ""
    yield f"{MARKS[item.operation]:<2} {item.kind} {item.name}  {item.operation}{risk}"
    for part in item.properties:
        yield f"     {part.path}: {short(part.old)} -> {short(part.new)}"


def _markdown(impact: Impact) -> Iterator[str]:
    yield f"## Impact, compared with `{impact.base[:12]}`"
    for environment, changes in impact.environments.items():
        changed = [change for change in changes if change.status != "unchanged"]
        yield from ("", f"### {environment}: {_summary(changes)}", "")
        for fault in impact.base_faults[environment]:
            yield from (f"Not compared, the base has a fault: `{fault}`", "")
        if changed:
            yield from ("| component | status | blueprint | objects |", "| --- | --- | --- | --- |")
        for change in changed:
            objects = ", ".join(f"{item.operation} {item.kind}" for item in change.objects)
            yield f"| {change.id} | {change.status} | {_versions(change)} | {objects} |"
        for change in changed[:DETAILS]:
            lines = "\n".join(_details(change)).replace("```", "'''")
            yield from (
                "",
                f"<details><summary>{change.id}: {change.status}</summary>",
                "",
                "```text",
                lines,
                "```",
                "",
            )
            yield "</details>"
        if len(changed) > DETAILS:
            yield from ("", f"Details of {len(changed) - DETAILS} more are left out.")


def _record(impact: Impact) -> dict[str, Any]:
    return {
        "base": impact.base,
        "environments": {
            name: [component_record(change) for change in changes] for name, changes in impact.environments.items()
        },
        "baseFaults": {name: list(faults) for name, faults in impact.base_faults.items()},
    }


def component_record(change: ComponentChange) -> dict[str, Any]:
    """What becomes of a component, as JSON data."""
    return {
        "id": change.id,
        "status": change.status,
        "before": change.before or None,
        "after": change.after or None,
        "place": change.place or None,
        "faults": list(change.faults),
        "objects": [
            {
                "id": item.id,
                "kind": item.kind,
                "name": item.name,
                "operation": item.operation,
                "losesData": item.loses_data,
                "properties": [
                    {"path": part.path, "kind": part.kind, "old": part.old, "new": part.new} for part in item.properties
                ],
            }
            for item in change.objects
        ],
    }
