"""A Compose file to facts, in the words of extract.py: what it asks of each service counts, however it is written.

A named volume outlives its container, as a claim does; a health check is a readiness probe; `depends_on` is an order.
What has no such word keeps the field's own name.
"""

from __future__ import annotations

from typing import Any

from tests.upstream.extract import Facts, Manifest, Pairs, flat

NOT_FACTS = ("volumes", "networks")  # at the top level: they only declare the names that services use
_TIMES = {"interval": "period", "timeout": "timeout", "retries": "failures", "start_period": "delay"}


def compose_facts(document: Manifest) -> Facts:
    """The facts of every service of a Compose file, by its name; ValueError for a top-level key that has none."""
    unknown = document.keys() - {"services", *NOT_FACTS}
    if unknown:
        raise ValueError(f"there are no facts of {sorted(unknown)}")
    return {name: dict(_service(name, dict(service))) for name, service in document["services"].items()}


def _service(name: str, service: dict[str, Any]) -> Pairs:
    for variable, value in service.pop("environment", {}).items():
        yield f"env.{variable}", str(value)
    for target, wait in service.pop("depends_on", {}).items():
        yield from flat(wait, f"waits-for.{target}")
    for port in service.pop("ports", ()):
        *address, published, target = port.split(":")
        yield ".".join(["service", name, *address, published]), int(target)
    for volume in service.pop("volumes", ()):
        source, path = volume.split(":")
        yield f"volume.{path}", "bind" if source.startswith(".") else "persistentVolumeClaim"
    check = service.pop("healthcheck", {})
    if check:
        yield "readiness.command", check.pop("test")
    for field, word in _TIMES.items():
        if field in check:
            yield f"readiness.{word}", int(str(check.pop(field)).removesuffix("s"))
    yield from flat(check, "readiness")
    yield from flat(service)
