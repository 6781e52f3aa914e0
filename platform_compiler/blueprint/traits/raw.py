"""Reads Kubernetes YAML as others write it: several documents in a file, no references, YAML 1.1."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from platform_compiler.blueprint.context import FieldError
from platform_compiler.spec.source import KeyPath

MAX_BYTES: Final = 4 * 1024 * 1024
MAX_DEPTH: Final = 100
MAX_ALIASED: Final = 100_000
"""How many values aliases may stand for, all together: what is written once there is written out in an object."""


class _Extent(NamedTuple):
    """How many values an anchor stands for, and how deep they are nested."""

    values: int
    depth: int


class _Loader(yaml.SafeLoader):
    """Plain data only: dates stay texts, and a key that is there twice is a fault.

    So are aliases that lead back to themselves or multiply, and what is nested too deep to be walked.
    """

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._extents: dict[yaml.Node | None, _Extent] = {}
        self._values = self._aliased = self._depth = self._deepest = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """The next node, within bounds; an alias counts as what it stands for."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            node = super().compose_node(parent, index)
            self._count_alias(node, event)
            return node
        before, outer, self._deepest = self._values, self._deepest, 0
        self._depth += 1
        self._require(self._depth <= MAX_DEPTH, "the values are nested too deep", event)
        node = super().compose_node(parent, index)
        self._depth -= 1
        self._values += 1
        depth = self._deepest + 1
        self._deepest = max(outer, depth)
        if event.anchor:
            self._extents[node] = _Extent(self._values - before, depth)
        return node

    def _count_alias(self, node: yaml.Node | None, event: Any) -> None:
        extent = self._extents.get(node)
        if extent is None:
            raise yaml.composer.ComposerError(None, None, f"*{event.anchor} stands inside itself", event.start_mark)
        self._values += extent.values
        self._aliased += extent.values
        self._deepest = max(self._deepest, extent.depth)
        self._require(self._depth + extent.depth <= MAX_DEPTH, "the values are nested too deep", event)
        self._require(self._aliased <= MAX_ALIASED, f"aliases stand for more than {MAX_ALIASED:,} values", event)

    def _require(self, fits: bool, problem: str, event: Any) -> None:
        if not fits:
            raise yaml.composer.ComposerError(None, None, problem, event.start_mark)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping of a node."""
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        for index, key in enumerate(keys):
            if key in keys[:index]:
                mark = node.value[index][0].start_mark
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} is there twice", mark)
        return super().construct_mapping(node, deep=deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_manifests(root: Path, name: str, field: KeyPath) -> list[Any]:
    """The documents of the file `name` below `root`; raises `FieldError` at `field`."""
    file = root / name
    if name.startswith("/") or ".." in Path(name).parts:
        raise FieldError(field, f"{name} is outside the platform", expected="a path relative to the root")
    try:
        content = file.read_bytes()
        if len(content) > MAX_BYTES:
            raise FieldError(field, f"{name} has {len(content):,} bytes", expected=f"at most {MAX_BYTES:,} bytes")
        return [item for item in yaml.load_all(content.decode(), _Loader) if item is not None]
    except OSError as error:
        raise FieldError(field, f"cannot read {name}: {error.strerror}", expected="a file of the platform") from None
    except UnicodeDecodeError:
        raise FieldError(field, f"{name} is not UTF-8 text", expected="Kubernetes objects as YAML") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise FieldError(field, f"{name}:{line}: {error.problem}", expected="Kubernetes objects as YAML") from None
    except yaml.YAMLError as error:
        raise FieldError(field, f"{name}: {error}", expected="Kubernetes objects as YAML") from None
