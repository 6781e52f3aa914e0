"""What a killed engine leaves in state, and how the next run clears it.

State names the steps that were under way. A step that creates may or may not have made its object, and the engine
carries it along as pending for ever, also after a run that has made the object: it cannot know. We can, for a
Kubernetes object's id follows from its inputs. So each such object is written into state as if it had been made, and a
refresh of just these objects tells: what is there is kept, with its real content, what is not is forgotten. The run
that follows then updates, creates or deletes it like anything else, and nothing is made twice or left behind.

A step that replaces stands beside the old object under the same name; it is dropped, for the run that follows makes the
same object again. Unfinished updates and deletions need nothing: the run that follows does them again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from platform_compiler.emit.recorded import Recorded, live_resources


@dataclass(frozen=True, slots=True)
class Recovery:
    """A deployment without pending steps, and the URNs whose objects have to be looked for."""

    deployment: dict[str, Any]
    uncertain: tuple[str, ...]


def recover(deployment: Mapping[str, Any]) -> Recovery | None:
    """The cure for a deployment's pending steps; None when there are none."""
    pending = deployment.get("pending_operations") or []
    if not pending:
        return None
    known = {resource.urn for resource in live_resources(deployment)}
    adopted: dict[str, dict[str, Any]] = {}
    for operation in pending:
        resource = Recorded(operation["resource"])
        if operation["type"] == "creating" and resource.is_object and resource.urn not in known:
            adopted[resource.urn] = {**resource.data, "id": resource.object_id}
    resources = [*(deployment.get("resources") or []), *adopted.values()]
    cured = {**deployment, "resources": resources}
    del cured["pending_operations"]
    return Recovery(cured, tuple(adopted))
