"""Kubernetes manifests to facts: one flat mapping a workload, the same for upstream's manifests and for ours.

Facts say what a workload is, not how its YAML is written: a variable counts with its value, whether it stands inline
or in a ConfigMap. Keys are such as `image`, `env.PORT`, `readiness.http.path`, `requests.cpu`, `service.web.port.80`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

Facts = dict[str, dict[str, Any]]
Manifest = dict[str, Any]

WORKLOADS = ("Deployment", "StatefulSet")
_TIMES = {
    "initialDelaySeconds": "delay",
    "periodSeconds": "period",
    "timeoutSeconds": "timeout",
    "failureThreshold": "failures",
    "successThreshold": "successes",
}


def facts_of(manifests: Iterable[Manifest]) -> Facts:
    """The facts of every workload, by its name."""
    objects = [manifest for manifest in manifests if manifest]
    config = {item["metadata"]["name"]: item["data"] for item in objects if item["kind"] == "ConfigMap"}
    facts: Facts = {}
    for item in objects:
        if item["kind"] in WORKLOADS:
            facts[item["metadata"]["name"]] = dict(_workload(item, config))
    for item in objects:
        if item["kind"] == "Service":
            _add_service(item, objects, facts)
        if item["kind"] == "Ingress":
            _add_ingress(item, facts)
        if item["kind"] == "ServiceAccount" and item["metadata"]["name"] in facts:
            facts[item["metadata"]["name"]]["own-service-account"] = True
    return facts


def _workload(item: Manifest, config: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    spec, template = item["spec"], item["spec"]["template"]
    pod = template["spec"]
    yield "kind", item["kind"]
    if "replicas" in spec:
        yield "replicas", spec["replicas"]
    for key, value in (template["metadata"].get("annotations") or {}).items():
        yield f"annotation.{key}", value
    for field, name in (("serviceAccountName", "service-account"), ("terminationGracePeriodSeconds", "grace-period")):
        if field in pod:
            yield name, pod[field]
    for field in ("hostNetwork", "hostPID", "hostIPC", "nodeSelector", "tolerations", "affinity"):
        if pod.get(field):
            yield field, pod[field]
    yield "restart", pod.get("restartPolicy", "Always")
    for key, value in _flat(pod.get("securityContext") or {}, "pod-security"):
        yield key, value
    for step in pod.get("initContainers") or ():
        for key, value in _container(step, config):
            yield f"init.{step['name']}.{key}", value
    (container,) = pod["containers"]
    yield "container", container["name"]
    yield from _container(container, config)
    volumes = {volume["name"]: next(key for key in volume if key != "name") for volume in pod.get("volumes") or ()}
    for mount in container.get("volumeMounts") or ():
        yield f"volume.{mount['mountPath']}", volumes[mount["name"]]


def _container(container: Manifest, config: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "image", container["image"]
    for field in ("command", "args"):
        if field in container:
            yield field, container[field]
    if "ports" in container:
        yield "ports", sorted(port["containerPort"] for port in container["ports"])
    for name, value in _env(container, config):
        yield f"env.{name}", value
    resources = container.get("resources") or {}
    for kind in ("requests", "limits"):
        for name, amount in (resources.get(kind) or {}).items():
            yield f"{kind}.{name}", str(amount)
    for field, name in (("readinessProbe", "readiness"), ("livenessProbe", "liveness"), ("startupProbe", "startup")):
        if field in container:
            yield from _probe(container[field], name)
    yield from _flat(container.get("securityContext") or {}, "security")


def _env(container: Manifest, config: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for source in container.get("envFrom") or ():
        yield from config[source["configMapRef"]["name"]].items()
    for variable in container.get("env") or ():
        source = variable.get("valueFrom") or {}
        if "configMapKeyRef" in source:
            yield variable["name"], config[source["configMapKeyRef"]["name"]][source["configMapKeyRef"]["key"]]
        else:
            yield variable["name"], variable.get("value", "(secret)")


def _probe(probe: Manifest, name: str) -> Iterator[tuple[str, Any]]:
    for field, word in _TIMES.items():
        if field in probe:
            yield f"{name}.{word}", probe[field]
    if "grpc" in probe:
        yield f"{name}.grpc", probe["grpc"]["port"]
    if "tcpSocket" in probe:
        yield f"{name}.tcp", probe["tcpSocket"]["port"]
    if "exec" in probe:
        yield f"{name}.command", probe["exec"]["command"]
    if "httpGet" in probe:
        http = probe["httpGet"]
        yield f"{name}.http", f"{http['port']}{http['path']}"
        for header in http.get("httpHeaders") or ():
            yield f"{name}.header.{header['name']}", header["value"]


def _flat(value: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(item, f"{prefix}.{key}")
    else:
        yield prefix, value


def _add_service(item: Manifest, objects: list[Manifest], facts: Facts) -> None:
    name, selector = item["metadata"]["name"], item["spec"]["selector"].items()
    for workload in objects:
        if workload["kind"] in WORKLOADS and selector <= workload["spec"]["template"]["metadata"]["labels"].items():
            own = facts[workload["metadata"]["name"]]
            own[f"service.{name}.type"] = item["spec"].get("type", "ClusterIP")
            for port in item["spec"]["ports"]:
                own[f"service.{name}.port.{port['port']}"] = port.get("targetPort", port["port"])
                if "nodePort" in port:
                    own[f"service.{name}.node-port.{port['port']}"] = port["nodePort"]


def _add_ingress(item: Manifest, facts: Facts) -> None:
    for rule in item["spec"]["rules"]:
        for path in rule["http"]["paths"]:
            service = path["backend"]["service"]
            facts[service["name"]][f"ingress.{rule['host']}"] = service["port"]["number"]


def leaves(value: Any, path: str = "") -> Iterator[str]:
    """The path of every scalar of a manifest; list indexes are left out, so that paths match patterns."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, f"{path}[]")
    else:
        yield path
