"""The command line: one file a command, one group, one outer handler of errors and exit codes.

What makes a command start quickly is decided here, before the first large import.
"""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
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
    """Stands for `importlib.metadata` until one of its functions is called, for to import it takes 15 ms.

    Pydantic imports it by name to look for its plug-ins, also where there are to be none.
    """

    def entry_points(self, **selection: Any) -> Any:
        return self.__getattr__("entry_points")(**selection)

    def __getattr__(self, name: str) -> Any:
        if name == "__path__":
            raise AttributeError(name)  # the import system asks for it, to find submodules
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


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
    sys.modules.setdefault(METADATA, _Deferred(METADATA))
    if sys.argv[1:2] and sys.argv[1] in COMPILING:
        ahead.begin(Path.cwd())
    from platform_compiler.cli.group import main as run_and_exit  # noqa: PLC0415 - see the module's docstring

    run_and_exit()
