"""Runs a Pulumi program's `__main__.py` in this process, connected to the engine that asked for it."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pulumi
from pulumi.runtime import Settings, configure, run_in_stack, set_all_config

from platform_compiler.engine.home import loopback_variables
from platform_compiler.engine.paths import TOLD_ALREADY


def main(arguments: list[str]) -> int:
    """Connect, run, and return the exit code: 0, or `TOLD_ALREADY` when the engine knows of the failure."""
    options = _parse(arguments)
    os.environ.update(loopback_variables())
    set_all_config(json.loads(os.environ["PULUMI_CONFIG"]), json.loads(os.environ["PULUMI_CONFIG_SECRET_KEYS"]))
    configure(
        Settings(
            project=options.project,
            stack=options.stack,
            parallel=options.parallel,
            monitor=options.monitor,
            engine=options.engine,
            dry_run=options.dry_run == "true",
            organization=options.organization,
            root_directory=options.root,
        )
    )
    program = Path(options.program)
    folder = program if program.is_dir() else program.parent
    sys.path.insert(0, str(folder))
    loop = asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(max(4, options.parallel * 4 if options.parallel < 100 else 64)))
    try:
        loop.run_until_complete(run_in_stack(lambda: _execute(program)))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return TOLD_ALREADY
    except grpc.RpcError as error:
        if error.code() == grpc.StatusCode.UNAVAILABLE:
            return 0  # the engine is gone, and with it the run
        pulumi.log.error(f"the engine answered with an error: {error.details()}")
        return TOLD_ALREADY
    except KeyboardInterrupt:
        return TOLD_ALREADY  # Ctrl-C reaches the engine too, which ends the run
    except Exception:  # noqa: BLE001 - a user's program may raise anything; the engine is told all of it
        pulumi.log.error(f"the program failed with an exception:\n{traceback.format_exc()}")
        return TOLD_ALREADY
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _execute(program: Path) -> None:
    runpy.run_path(str(program), run_name="__main__")


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run_program")
    for name in ("monitor", "engine", "project", "stack", "pwd", "organization", "dry-run", "root"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--parallel", type=int, default=16)
    parser.add_argument("program")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
