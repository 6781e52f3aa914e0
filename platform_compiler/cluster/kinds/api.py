"""Namespaces, definitions of custom resources, API services, and custom resources themselves."""

from __future__ import annotations

from platform_compiler.cluster.objects import Object, Reader, condition, fails, holds, status_of, told
from platform_compiler.cluster.status import Health, degraded, healthy, progressing


def namespace(obj: Object, _reader: Reader) -> Health:
    """Healthy while nobody deletes it; a deletion is what all kinds share."""
    return healthy(status_of(obj).get("phase", "Active").lower())


def definition(obj: Object, _reader: Reader) -> Health:
    """A CustomResourceDefinition: healthy once it is served."""
    if fails(obj, "NamesAccepted"):
        return degraded(f"names are not accepted: {told(condition(obj, 'NamesAccepted'))}", final=True)
    if holds(obj, "Established"):
        return healthy("established")
    established = condition(obj, "Established")
    if established.get("status") == "False" and established.get("reason") != "Installing":
        return degraded(f"not established: {told(established)}", final=True)
    return progressing("is being established")


def api_service(obj: Object, _reader: Reader) -> Health:
    """Healthy once the server behind it answers."""
    available = condition(obj, "Available")
    if not available:
        return progressing("has not been observed yet")
    if available["status"] == "True":
        return healthy("available")
    return degraded(f"not available: {told(available)}")


def custom(obj: Object, _reader: Reader) -> Health:
    """Any other kind, by the conditions that custom resources share; one without them is healthy since it exists."""
    if holds(obj, "Stalled"):
        return degraded(told(condition(obj, "Stalled")) or "stalled", final=True)
    if holds(obj, "Reconciling"):
        return progressing(told(condition(obj, "Reconciling")) or "reconciling")
    found = condition(obj, "Ready") or condition(obj, "Available")
    if not found:
        return healthy("exists")
    generation = obj["metadata"].get("generation", 0)
    if found.get("observedGeneration", generation) < generation:
        return progressing("the last change has not been observed yet")
    if found["status"] == "True":
        return healthy(found["type"].lower())
    return progressing(": ".join(filter(None, (f"not {found['type'].lower()}", told(found)))))
