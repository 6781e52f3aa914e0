"""`platc plan`: the offline diff between what compiles now and what the state holds."""

from __future__ import annotations

import json

import click

from platform_compiler.cli.changes import change_records, render_changes, summary_text
from platform_compiler.cli.errors import CHANGES_FOUND, FINE, EngineFailedError
from platform_compiler.cli.options import apps_argument, current_compile, environment_option, format_option
from platform_compiler.emit.stack import stack_program, target_names
from platform_compiler.root import project_name


@click.command("plan")
@environment_option
@format_option("text", "json")
@click.option("--json", "as_json", is_flag=True, help="The same as `--format json`.")
@apps_argument
def plan_command(apps: tuple[str, ...], environment: str, format: str, as_json: bool) -> int:  # noqa: A002
    """Show what `up` would change, by the state alone: no cluster, and no engine where the state is in a folder.

    Exits with 0 when nothing changes and with 2 when something does.
    """
    from platform_compiler.engine.install import EngineUnavailableError  # noqa: PLC0415 - see cli/stack.py
    from platform_compiler.engine.stored import StateError, known_names, read_state  # noqa: PLC0415
    from platform_compiler.fleet.plan import ProtectedError, make_plan  # noqa: PLC0415

    compiled = current_compile(environment, apps)
    root = compiled.platform.root
    program = stack_program(compiled, project=project_name(root))
    try:
        state = read_state(root, program.project, program.stack, lambda line: click.echo(f"engine: {line}", err=True))
        plan = make_plan(program, state, target_names(compiled, apps, known_names(state)))
    except (EngineUnavailableError, StateError, ProtectedError) as error:
        raise EngineFailedError(str(error), error.hint) from None
    if as_json or format == "json":
        record = {"summary": plan.summary, "changes": change_records(plan.steps, compiled)}
        click.echo(json.dumps(record, indent=2))
    else:
        click.echo(render_changes(plan.steps, compiled), nl=False)
        click.echo(summary_text(plan.summary))
    return CHANGES_FOUND if plan.steps else FINE
