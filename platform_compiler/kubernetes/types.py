"""Structures of Kubernetes objects as typed mappings: `ServiceSpec(type="ClusterIP", ports=[ServicePort(port=80)])`.

At run time each of them is a plain dict, which costs nothing. A type checker reads `types.pyi` instead, which
`scripts/kubernetes_types.py` writes, and knows the fields that every supported version of Kubernetes has.
"""

from platform_compiler.kubernetes.schema import FILE


def __getattr__(name: str) -> type:
    if name[0] != "_" and f".{name}\n" in FILE.read_text(encoding="utf-8"):
        return dict
    raise AttributeError(f"Kubernetes has no structure {name!r}")
