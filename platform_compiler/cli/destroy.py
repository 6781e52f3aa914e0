"""`platc destroy`: delete what a stack holds, but what is protected or retained.

What goes is read from state, not compiled: a stack can be destroyed while its specs are broken.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

import click

from platform_compiler.cli.changes import STATEFUL, is_stateful, summary_text
from platform_compiler.cli.options import apps_argument, current_root, environment_option, yes_option
from platform_compiler.cli.runner import Runner, address, confirm_name
from platform_compiler.diagnostics import did_you_mean
from platform_compiler.emit.recorded import Recorded, with_needs


class Plan(NamedTuple):
    """What a destroy deletes, and what of the chosen it keeps: in state, or out of it where the object stays.

    `targets` are the URNs that leave the state, components among them.
    """

    targets: list[str]
    deleted: list[Recorded]
    protected: list[Recorded]
    retained: list[Recorded]


@click.command("destroy")
@environment_option
@yes_option
@click.option("--include-protected", is_flag=True, help="Delete what is protected or retained too, such as data.")
@apps_argument
def destroy_command(apps: tuple[str, ...], environment: str, yes: bool, include_protected: bool) -> None:
    """Delete what a stack holds, or what the named apps hold in it; lists it and asks for the environment's name first.

    Protected components, retained volumes and namespaces are kept, unless --include-protected is given.
    """
    from platform_compiler.engine.errors import EngineRunError  # noqa: PLC0415 - the engine is loaded by commands only

    runner = Runner(address(current_root(), environment))
    runner.recover("destroy")
    state = runner.engine.state
    try:
        resources = state.resources()
        chosen = _chosen(resources, apps)
        plan = plan_destroy(resources, chosen, include_protected=include_protected)
        click.echo(_listing(plan), nl=False)
        if not yes:
            confirm_name(environment)
        if include_protected:
            state.release(frozenset(resource.urn for resource in chosen))
    except EngineRunError as error:
        raise runner.failure("destroy", error) from None
    click.echo(summary_text(runner.run("destroy", plan.targets if apps else ()).summary))
    for resource in plan.protected:
        click.echo(f"kept, protected: {resource.kind} {resource.object_id or resource.name}")
    for resource in plan.retained:
        click.echo(f"kept, no longer in the stack: {resource.kind} {resource.object_id}")


def _chosen(resources: Sequence[Recorded], apps: Collection[str]) -> list[Recorded]:
    known = {resource.app for resource in resources} - {""}
    for app in apps:
        if app not in known:
            hint = did_you_mean(app, known)
            raise click.ClickException(f"the stack holds no app {app!r} {hint}".strip())
    return [resource for resource in resources if not apps or resource.app in apps]


def plan_destroy(resources: Sequence[Recorded], chosen: Sequence[Recorded], *, include_protected: bool) -> Plan:
    """What happens to `chosen`. What a protected resource needs stays with it."""
    protected = [] if include_protected else [resource.urn for resource in resources if resource.protected]
    kept = with_needs(resources, protected)
    gone = [resource for resource in chosen if resource.urn not in kept]
    objects = [resource for resource in gone if resource.is_object]
    return Plan(
        targets=[resource.urn for resource in gone],
        deleted=[resource for resource in objects if include_protected or not resource.retained],
        protected=[resource for resource in chosen if resource.urn in kept and resource.is_object],
        retained=[resource for resource in objects if resource.retained and not include_protected],
    )


def _listing(plan: Plan) -> str:
    lines = [*_grouped("- ", plan.deleted, risky=True), *_grouped("keeps ", [*plan.protected, *plan.retained])]
    return "".join(f"{line}\n" for line in lines)


def _grouped(mark: str, resources: Iterable[Recorded], *, risky: bool = False) -> Iterable[str]:
    """Objects below their components; with `risky`, a label on those whose data may go with them."""
    for owner, group in groupby(sorted(resources, key=lambda item: (item.owner, item.name)), lambda item: item.owner):
        yield "namespaces" if owner == "namespace" else owner
        for resource in group:
            label = f"  RISK: {STATEFUL}" if risky and is_stateful(resource.kind) else ""
            yield f"  {mark}{resource.kind} {resource.object_id}{label}"
