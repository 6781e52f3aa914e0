"""Who may call whom: what NetworkPolicies let through, against the addresses that variables hold.

Upstream lets every pod reach every other; our namespaces deny by default, so a caller without its policy would hold the
right address and reach nothing. A call is (caller, callee, port of the callee's pods).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tests.upstream.extract import WORKLOADS, Facts, Manifest

Call = tuple[str, str, int]
_ADDRESS = re.compile(r"([a-z][a-z0-9-]*):(\d+)")


def calls_allowed(manifests: Iterable[Manifest]) -> set[Call]:
    """The calls between workloads of one namespace that its NetworkPolicies name."""
    objects = list(manifests)
    pods = {
        item["metadata"]["name"]: item["spec"]["template"]["metadata"]["labels"].items()
        for item in objects
        if item["kind"] in WORKLOADS
    }
    return {
        (caller, callee, port["port"])
        for policy in objects
        if policy["kind"] == "NetworkPolicy"
        for rule in policy["spec"].get("ingress") or ()
        for peer in rule["from"]
        if "podSelector" in peer
        for port in rule["ports"]
        for caller, labels in pods.items()
        if peer["podSelector"]["matchLabels"].items() <= labels
        for callee, others in pods.items()
        if policy["spec"]["podSelector"]["matchLabels"].items() <= others
    }


def calls_needed(facts: Facts) -> set[Call]:
    """The calls that follow from variables with the address of another workload's Service, or from an order."""
    targets = {
        (service[1], int(service[2])): (callee, port)
        for callee, own in facts.items()
        for fact, port in own.items()
        if (service := re.fullmatch(r"service\.([^.]+)\.(\d+)", fact)) is not None
    }
    return {
        (caller, *targets[address[1], int(address[2])])
        for caller, own in facts.items()
        for fact, value in own.items()
        if re.match(r"(init\.[^.]+\.)?env\.", fact)
        if (address := _ADDRESS.fullmatch(str(value))) is not None
        if (address[1], int(address[2])) in targets
    }
