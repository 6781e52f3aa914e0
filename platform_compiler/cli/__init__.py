"""The command line: one file a command, one group, one outer handler of errors and exit codes.

A command is a short-lived process, so looking for garbage in cycles is switched off, before the first import: it would
take a third of a large compile, and free nothing that is not about to go anyway. Pydantic's plug-ins (tracers of
validation) are not looked for either, unless the user has said something about them.
"""

import gc
import os

gc.disable()
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from platform_compiler.cli.main import main  # noqa: E402 - see above

__all__ = ["main"]
