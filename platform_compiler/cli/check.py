"""`platc check`: every spec in every environment."""

from __future__ import annotations

import click

from platform_compiler.cli.errors import INPUT_WRONG
from platform_compiler.cli.options import apps_argument, current_platform, format_option
from platform_compiler.compiler import check
from platform_compiler.diagnostics import Diagnostic, Severity, count
from platform_compiler.report import RENDERERS
from platform_compiler.root import STACKS


@click.command("check")
@click.option("--env", "-e", "environments", multiple=True, metavar="ENV", help="Only these environments.")
@click.option("--locked", is_flag=True, help="Fail where a spec compiles with another blueprint than platc.lock pins.")
@format_option("text", "json", "sarif", "github")
@apps_argument
def check_command(apps: tuple[str, ...], environments: tuple[str, ...], locked: bool, format: str) -> int:  # noqa: A002
    """Validate every spec in every environment, and policies. Needs no engine, cluster or network."""
    platform = current_platform()
    names = environments or platform.environments
    ordered, resources = check(platform, names, apps)
    if not names:
        ordered.append(_no_environment())
    if locked:
        from platform_compiler.fleet.lock import lock_faults  # noqa: PLC0415 - only this option needs it

        ordered = sorted({*ordered, *lock_faults(platform, names, apps)}, key=Diagnostic.sort_key)
    failed = any(item.severity is Severity.ERROR for item in ordered)
    click.echo(RENDERERS[format](ordered), nl=False, err=format == "text")
    if format == "text" and not failed:
        checked = count(len(apps or platform.apps), "app")
        click.echo(f"{checked} fine in {', '.join(names)}: {count(resources, 'resource')}")
    return INPUT_WRONG if failed else 0


def _no_environment() -> Diagnostic:
    hint = f"write {STACKS}/dev.yaml, such as `domain: localhost`"
    return Diagnostic("PC501", "the platform has no environment to check specs in", None, "at least one", hint)
