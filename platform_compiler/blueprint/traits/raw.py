"""Reads Kubernetes YAML as others write it: several documents in a file, no references, YAML 1.1."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

from platform_compiler.blueprint.context import FieldError
from platform_compiler.spec.source import KeyPath

MAX_BYTES: Final = 4 * 1024 * 1024


class _Loader(yaml.SafeLoader):
    """Plain data only: dates stay texts, and a key that is there twice is a fault."""

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
