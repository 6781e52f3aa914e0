"""The command line: one file a command, one group, one outer handler of errors and exit codes."""

from platform_compiler.cli.main import main

__all__ = ["main"]
