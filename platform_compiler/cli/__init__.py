"""The command line: one file a command, one group, one outer handler of errors and exit codes.

What makes a command start quickly is decided here, before the first large import.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from io import TextIOWrapper
from types import ModuleType
from typing import Any, Final

from platform_compiler import ahead

COMPILING: Final = frozenset(
    {"check", "compile", "drift", "events", "explain", "graph", "logs", "migrate", "plan"}
    | {"preview", "refresh", "restart", "status", "up", "upgrade"}
)
"""The commands that read the whole platform that they run in."""


METADATA: Final = "importlib.metadata"


class _Deferred(ModuleType):
    """Stands for `importlib.metadata` until something of it is used, for to import it takes 15 ms.

    Pydantic imports it by name to look for its plug-ins, also where there are to be none.
    """

    def entry_points(self, **selection: Any) -> Any:
        return self.__getattr__("entry_points")(**selection)

    def __getattr__(self, name: str) -> Any:
        if name == "__path__":
            raise AttributeError(name)  # the import system asks for it, to find submodules
        if sys.modules.get(METADATA) is self:
            del sys.modules[METADATA], importlib.metadata
        return getattr(importlib.import_module(METADATA), name)


def _defer_metadata() -> None:
    if METADATA not in sys.modules:
        importlib.metadata = sys.modules[METADATA] = _Deferred(METADATA)


def main() -> None:
    """Run `platc`; exits the process.

    A command is a short-lived process, so looking for garbage in cycles is switched off: it would take a third of a
    large compile, and free nothing that is not about to go anyway. Pydantic's plug-ins (tracers of validation) are not
    looked for either, unless the user has said something about them. What goes to stdout is data for other programs: it
    is UTF-8, whatever the locale.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    gc.disable()
    sys.stdout, sys.stderr = (stream or open(os.devnull, "w") for stream in (sys.stdout, sys.stderr))  # noqa: SIM115
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    _defer_metadata()
    if sys.argv[1:2] and sys.argv[1] in COMPILING:
        ahead.begin()
    from platform_compiler.cli.group import main as run_and_exit  # noqa: PLC0415 - see the module's docstring

    run_and_exit()
