"""The Pulumi program of every stack: compile the environment of the same name, and register it."""

from pathlib import Path

import pulumi

from platform_compiler.emit.pulumi import run_stack

pulumi.run(lambda: run_stack(Path(__file__).resolve().parents[1]))
