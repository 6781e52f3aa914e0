"""`platc upgrade`: pin what every spec compiles with, after a look at what that changes."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from platform_compiler.cli.errors import CHANGES_FOUND, FINE
from platform_compiler.cli.options import current_platform, format_option

if TYPE_CHECKING:
    from platform_compiler.fleet.upgrade import PinUpgrade, Upgrade


@click.command("upgrade")
@click.option("--plan", "only_plan", is_flag=True, help="Write nothing; exit with 2 when the lock would change.")
@format_option("text", "json")
def upgrade_command(only_plan: bool, format: str) -> int:  # noqa: A002 - the option's name
    """Write platc.lock: the blueprint, package and content that every spec compiles with now.

    Tells first which blueprints and which specs change against the lock that is there, and how.
    """
    from platform_compiler.fleet.lock import LOCK_FILE, Lock, make_lock, read_lock, write_lock  # noqa: PLC0415
    from platform_compiler.fleet.upgrade import plan_upgrade  # noqa: PLC0415 - see cli/group.py

    platform = current_platform()
    root = platform.root
    present, lock = read_lock(root), make_lock(platform)
    upgrade = plan_upgrade(present or Lock(), lock)
    changes = present is None or bool(upgrade.blueprints or upgrade.pins)
    if format == "json":
        click.echo(json.dumps(asdict(upgrade), indent=2))
    else:
        _show(upgrade, f"{LOCK_FILE} is up to date" if not changes else "")
    if only_plan:
        return CHANGES_FOUND if changes else FINE
    if changes:
        write_lock(root, lock)
        click.echo(f"wrote {LOCK_FILE}", err=True)
    return FINE


def _show(upgrade: Upgrade, otherwise: str) -> None:
    for blueprint in upgrade.blueprints:
        click.echo(f"{blueprint.name}: {blueprint.change}")
    for environment in sorted({pin.environment for pin in upgrade.pins}):
        click.echo(f"{environment}:")
        for pin in upgrade.pins:
            if pin.environment == environment:
                click.echo(f"  {_line(pin)}")
    if otherwise:
        click.echo(otherwise)


def _line(pin: PinUpgrade) -> str:
    if not pin.before:
        return f"{pin.component} is new: {pin.after}, {len(pin.objects)} objects"
    if not pin.after:
        return f"{pin.component} is gone"
    versions = pin.after if pin.before == pin.after else f"{pin.before} -> {pin.after}"
    objects = ", ".join(f"{operation} {role}" for operation, role in pin.objects) or "the same objects"
    return f"{pin.component}  {versions}: {objects}" + (" (the spec has changed, too)" if pin.inputs_changed else "")
