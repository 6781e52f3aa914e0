"""The `platc` group and the handler around it.

Commands are imported when they are called, so that `platc check` starts without pulumi, grpc or a cluster client.
Exit codes: 0 fine, 1 the user's input is wrong, 2 changes found (where asked), 3 the engine or the cluster failed.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import click

from platform_compiler.cli.errors import INPUT_WRONG, EngineFailedError, report_compile_error, report_defect
from platform_compiler.diagnostics import CompileError, did_you_mean

COMMANDS = {
    "check": ("check", "Validate every spec in every environment, and policies."),
    "compile": ("compile", "Write the Kubernetes YAML."),
    "explain": ("explain", "Tell where every value comes from."),
    "graph": ("graph", "Draw the component graph."),
    "schema": ("schema", "Write the JSON Schema of app specs."),
    "migrate": ("migrate", "Rewrite specs to later versions of their blueprints."),
    "upgrade": ("upgrade", "Pin what every spec compiles with in platc.lock."),
    "impact": ("impact", "Tell who changes, and how, against another git revision."),
    "blueprint": ("blueprint", "List and show blueprints."),
    "plan": ("plan", "Show what changes against the state, without the engine."),
    "preview": ("stack", "Show what `up` would do, by the Pulumi engine."),
    "up": ("stack", "Bring the target to what compiles now."),
    "refresh": ("stack", "Bring the state to what is really there."),
    "destroy": ("destroy", "Delete what the stack holds."),
    "status": ("status", "Tell how each component is."),
    "logs": ("logs", "Show what containers write."),
    "events": ("events", "Show what the cluster says of components."),
    "drift": ("drift", "Tell what differs in the target from the state."),
    "restart": ("restart", "Replace the pods of components."),
    "history": ("history", "Tell who ran what on a stack, when, and what it changed."),
    "rollback": ("rollback", "Bring a stack back to what a former revision was."),
    "unlock": ("unlock", "Remove the lock that a killed run has left."),
    "engine": ("engine", "Obtain the Pulumi engine, and use it by hand."),
}
"""Each command's module below `platform_compiler.cli`, and its line of help; the command has the name's attribute."""


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is called."""

    def invoke(self, ctx: click.Context) -> Any:
        """As click does; a reader that has gone away, as `head` does, is no failure."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            for stream in (1, 2):
                os.dup2(nowhere, stream)
            raise click.exceptions.Exit(0) from None

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The commands in the order in which they are used."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"platform_compiler.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The table of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest command's name in the error."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            hint = did_you_mean(args[0], COMMANDS)
            raise click.UsageError(f"{error.message} {hint}".strip(), ctx) from None


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="platform-compiler")
def platc() -> None:
    """Compile app specs and blueprints to Kubernetes, with preview and state."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `platc`; exits the process.

    A command that has started no engine leaves at once: to free a graph of a thousand apps object by object would take
    longer than to write it.
    """
    code = run(arguments)
    if "grpc" in sys.modules:
        sys.exit(code)
    with suppress(BrokenPipeError):
        sys.stdout.flush()
    os._exit(code)


def run(arguments: Sequence[str] | None = None) -> int:  # noqa: PLR0911 - one return for each kind of end
    """Run `platc` and return its exit code; no exception of ours, and no traceback, gets past this."""
    try:
        result: Any = platc.main(arguments, prog_name="platc", standalone_mode=False)
    except CompileError as error:
        return report_compile_error(error)
    except EngineFailedError as error:
        return error.show()
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return INPUT_WRONG
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        return INPUT_WRONG
    except OSError as error:
        click.echo(f"error: {error}", err=True)
        return INPUT_WRONG
    except Exception as error:  # noqa: BLE001 - the last handler: what nobody thought of is told without a traceback
        return report_defect(error)
    return result if isinstance(result, int) else 0
