"""Kubernetes manifests to facts: one flat mapping a workload, the same for upstream's manifests and for ours.

Facts say what a workload is, not how its YAML is written: a variable counts with its value, whether it stands inline
or in a ConfigMap; a Service or Ingress counts for the workload that it selects. Keys are such as `image`, `env.PORT`,
`readiness.http`, `requests.cpu`, `service.web.80`. Each step takes the fields that it has words for out of a copy and
flattens whatever remains under the fields' own names: a field that nobody thought of becomes a fact, never a gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

Facts = dict[str, dict[str, Any]]
Manifest = dict[str, Any]
Pairs = Iterator[tuple[str, Any]]

SECRET = "(secret)"  # the value of every variable that comes from a Secret
WORKLOADS = ("Deployment", "StatefulSet")
NOT_FACTS = {
    "ConfigMap": "its values are facts of the variables that take them",
    "Secret": "as a ConfigMap, but for the values",
    "PersistentVolumeClaim": "a mount says that it is one",
    "Namespace": "stands for the whole app",
    "NetworkPolicy": "who may call whom is told by calls.py",
}
"""Kinds that give no facts of their own, with the reason; any other kind is an error."""
_POD = {
    "serviceAccountName": "service-account",
    "terminationGracePeriodSeconds": "grace-period",
    "restartPolicy": "restart",
}
_PROBES = {"readinessProbe": "readiness", "livenessProbe": "liveness", "startupProbe": "startup"}
_TIMES = {
    "initialDelaySeconds": "delay",
    "periodSeconds": "period",
    "timeoutSeconds": "timeout",
    "failureThreshold": "failures",
    "successThreshold": "successes",
}


def facts_of(manifests: Iterable[Manifest]) -> Facts:
    """The facts of every workload of one namespace, by its name.

    A Service that selects no workload is an entry of its own, `service NAME`. Raises ValueError for a kind, a source
    of variables or a second workload of a name that there are no facts for.
    """
    objects = [manifest for manifest in manifests if manifest]
    config = {item["metadata"]["name"]: item.get("data") or {} for item in objects if item["kind"] == "ConfigMap"}
    workloads = [item for item in objects if item["kind"] in WORKLOADS]
    facts: Facts = {}
    for item in workloads:
        name = item["metadata"]["name"]
        if name in facts:
            raise ValueError(f"two workloads are named {name}")
        facts[name] = dict(_workload(item, config))
    for item in objects:
        kind, name = item["kind"], item["metadata"]["name"]
        if kind == "Service":
            for owner in _selected(item, workloads) or [f"service {name}"]:
                facts.setdefault(owner, {}).update(_service(item))
        elif kind == "ServiceAccount":
            _account(item, facts)
        elif kind == "Ingress":
            _ingress(item, objects, workloads, facts)
        elif kind not in (*WORKLOADS, *NOT_FACTS):
            raise ValueError(f"there are no facts of the kind {kind}")
    return facts


def _workload(item: Manifest, config: dict[str, Any]) -> Pairs:
    spec = dict(item["spec"])
    template = spec.pop("template")
    spec.pop("selector")
    yield "kind", item["kind"]
    yield from _flat(item["metadata"].get("annotations") or {}, "own-annotation")
    yield from _flat(template["metadata"].get("annotations") or {}, "annotation")
    yield from _pod(dict(template["spec"]), config)
    yield from _flat(spec)


def _pod(pod: dict[str, Any], config: dict[str, Any]) -> Pairs:
    volumes = {volume["name"]: _without(volume, "name") for volume in pod.pop("volumes", None) or ()}
    for step in pod.pop("initContainers", None) or ():
        for key, value in _container(dict(step), config, volumes):
            yield f"init.{step['name']}.{key}", value
    (container,) = pod.pop("containers")
    yield "container", container["name"]
    yield from _container(dict(container), config, volumes)
    for field, word in _POD.items():
        if field in pod:
            yield word, pod.pop(field)
    yield from _flat(pod.pop("securityContext", None) or {}, "pod-security")
    yield from _flat(pod, "pod")


def _container(container: dict[str, Any], config: dict[str, Any], volumes: dict[str, Any]) -> Pairs:
    container.pop("name")
    ports = container.pop("ports", None) or []
    if ports:
        yield "ports", sorted(port["containerPort"] for port in ports)
    for port in ports:
        yield from _flat(_without(port, "containerPort", "name"), f"port.{port['containerPort']}")
    for variable, value in _env(container.pop("env", None) or (), container.pop("envFrom", None) or (), config):
        yield f"env.{variable}", value
    for kind, amounts in (container.pop("resources", None) or {}).items():
        for name, amount in amounts.items():
            yield f"{kind}.{name}", str(amount)
    for field, word in _PROBES.items():
        if field in container:
            yield from _probe(dict(container.pop(field)), word)
    yield from _flat(container.pop("securityContext", None) or {}, "security")
    for mount in container.pop("volumeMounts", None) or ():
        path = f"volume.{mount['mountPath']}"
        ((kind, settings),) = volumes[mount["name"]].items()
        yield path, kind
        yield from _flat(settings or {}, path)
        yield from _flat(_without(mount, "mountPath", "name"), path)
    yield from _flat(container)


def _env(inline: Iterable[Manifest], sources: Iterable[Manifest], config: dict[str, Any]) -> Pairs:
    """Variables with their values, as the kubelet finds them: an inline one wins over one of a source."""
    for source in sources:
        match source:
            case {"configMapRef": {"name": name}, **rest} if rest.keys() <= {"prefix"}:
                prefix = source.get("prefix", "")
                yield from ((f"{prefix}{key}", value) for key, value in config[name].items())
            case _:
                raise ValueError(f"there are no facts of variables from {sorted(source)}")
    for variable in inline:
        match variable.get("valueFrom"):
            case None:
                yield variable["name"], variable.get("value", "")
            case {"secretKeyRef": _}:
                yield variable["name"], SECRET
            case {"configMapKeyRef": {"name": name, "key": key}}:
                yield variable["name"], config[name][key]
            case other:
                raise ValueError(f"there are no facts of a variable from {sorted(other)}")


def _probe(probe: dict[str, Any], word: str) -> Pairs:
    for field, time in _TIMES.items():
        if field in probe:
            yield f"{word}.{time}", probe.pop(field)
    for field, method in (("grpc", "grpc"), ("tcpSocket", "tcp")):
        if field in probe:
            handler = dict(probe.pop(field))
            yield f"{word}.{method}", handler.pop("port")
            yield from _flat(handler, f"{word}.{method}")
    if "exec" in probe:
        yield f"{word}.command", probe.pop("exec")["command"]
    if "httpGet" in probe:
        http = dict(probe.pop("httpGet"))
        yield f"{word}.http", f"{http.pop('port')}{http.pop('path')}"
        for header in http.pop("httpHeaders", None) or ():
            yield f"{word}.header.{header['name']}", header["value"]
        yield from _flat(http, f"{word}.http")
    yield from _flat(probe, word)


def _service(item: Manifest) -> Pairs:
    spec, prefix = _without(item["spec"], "selector"), f"service.{item['metadata']['name']}"
    for port in spec.pop("ports"):
        path = f"{prefix}.{port['port']}"
        yield path, port.get("targetPort", port["port"])
        if "nodePort" in port:
            yield f"{path}.node-port", port["nodePort"]
        yield from _flat(_without(port, "port", "targetPort", "nodePort"), path)
    yield from _flat(spec, prefix)


def _account(item: Manifest, facts: Facts) -> None:
    name = item["metadata"]["name"]
    users = [own for own in facts.values() if own.get("service-account") == name]
    for own in users or [facts.setdefault(f"service account {name}", {})]:
        own["own-service-account"] = len(users) == 1
        own.update(_flat(_without(item, "apiVersion", "kind", "metadata"), "service-account"))


def _ingress(item: Manifest, objects: list[Manifest], workloads: list[Manifest], facts: Facts) -> None:
    spec = dict(item["spec"])
    for rule in spec.pop("rules"):
        for path in rule["http"]["paths"]:
            backend = path["backend"]["service"]
            services = [one for one in objects if one["kind"] == "Service"]
            (service,) = (one for one in services if one["metadata"]["name"] == backend["name"])
            for owner in _selected(service, workloads):
                facts[owner][f"ingress.{rule['host']}{path['path']}"] = f"{backend['name']}:{backend['port']['number']}"
                facts[owner].update(_flat(spec, "ingress"))


def _selected(service: Manifest, workloads: list[Manifest]) -> list[str]:
    wanted = service["spec"]["selector"].items()
    return [
        item["metadata"]["name"]
        for item in workloads
        if wanted <= item["spec"]["template"]["metadata"]["labels"].items()
    ]


def _without(value: Manifest, *fields: str) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key not in fields}


def _flat(value: Any, prefix: str = "") -> Pairs:
    """The scalars and lists below `value`, each under its dotted path; an empty mapping stands for itself."""
    if isinstance(value, dict) and (value or not prefix):
        for key, item in value.items():
            if item != {} or prefix:
                yield from _flat(item, f"{prefix}.{key}" if prefix else str(key))
    elif value != {}:
        yield prefix, value
