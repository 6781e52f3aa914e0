"""The one door to Pulumi's protocol messages (`pulumi.runtime.proto`).

Importing the package `pulumi` loads its whole SDK and takes longer than everything else a plugin does at its start.
The generated messages need none of it, so their parent packages are put in place empty: a plugin is a process of its
own, in which nothing else imports the SDK. In a process that has the SDK already, its packages are used as they are.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from types import ModuleType


def _put_empty_parents() -> None:
    if "pulumi" in sys.modules:
        return
    spec = find_spec("pulumi")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    folder = next(iter(spec.submodule_search_locations))
    for name, path in (("pulumi", folder), ("pulumi.runtime", f"{folder}/runtime")):
        module = ModuleType(name)
        module.__path__ = [path]
        sys.modules[name] = module


_put_empty_parents()

from pulumi.runtime.proto import (  # noqa: E402 - the parents must stand first
    engine_pb2,
    engine_pb2_grpc,
    language_pb2,
    language_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

__all__ = [
    "engine_pb2",
    "engine_pb2_grpc",
    "language_pb2",
    "language_pb2_grpc",
    "plugin_pb2",
    "provider_pb2",
    "provider_pb2_grpc",
    "status_pb2",
]
