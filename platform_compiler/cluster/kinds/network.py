"""Services (`core/v1`) by their ready endpoints, Ingresses (`networking.k8s.io/v1`) by the Services they name."""

from __future__ import annotations

from collections.abc import Iterator

from platform_compiler.cluster.objects import Object, Reader, name_of, namespace_of, spec_of, status_of
from platform_compiler.cluster.status import Health, degraded, healthy, progressing
from platform_compiler.cluster.workload import selected_pods
from platform_compiler.diagnostics import count


def service(obj: Object, reader: Reader) -> Health:
    """Healthy with a ready endpoint, where it is to have any; a load balancer must have an address too."""
    spec = spec_of(obj)
    if spec.get("type") == "ExternalName":
        return healthy(f"stands for {spec.get('externalName')}")
    if not spec.get("selector"):
        return healthy("has no selector, its endpoints are not Kubernetes' business")
    if spec.get("clusterIP") == "None":
        return healthy("headless")
    ready = _ready_endpoints(obj, reader)
    if not ready:
        return _no_endpoints(obj, reader)
    addresses = _addresses(obj)
    if spec.get("type") == "LoadBalancer" and not addresses:
        return progressing("its load balancer has no address yet")
    return healthy(count(ready, "ready endpoint") + (f", at {addresses}" if addresses else ""))


def _ready_endpoints(service: Object, reader: Reader) -> int:
    """Ready endpoints by their address; one that does not tell whether it is ready counts as such."""
    label = f"kubernetes.io/service-name={name_of(service)}"
    slices = reader.list("discovery.k8s.io/v1", "EndpointSlice", namespace_of(service), labels=label)
    ready: dict[str, set[str]] = {}
    for item in slices:
        for endpoint in item.get("endpoints") or ():
            if (endpoint.get("conditions") or {}).get("ready", True):
                ready.setdefault(item.get("addressType", "IPv4"), set()).update(endpoint["addresses"][:1])
    return max(map(len, ready.values()), default=0)


def _no_endpoints(service: Object, reader: Reader) -> Health:
    pods = selected_pods(service, reader)
    if pods:
        return progressing(f"none of the {count(len(pods), 'pod')} behind it is ready")
    if _scaled_to_zero(service, reader):
        return healthy("no endpoints: the workload behind it is scaled to zero")
    return progressing("its selector matches no pod")


def _scaled_to_zero(service: Object, reader: Reader) -> bool:
    """Whether the pods that it selects are those of workloads that want none."""
    wanted = spec_of(service)["selector"].items()
    sizes = [
        spec_of(workload).get("replicas", 1)
        for kind in ("Deployment", "StatefulSet")
        for workload in reader.list("apps/v1", kind, namespace_of(service))
        if wanted <= (spec_of(workload)["template"]["metadata"].get("labels") or {}).items()
    ]
    return bool(sizes) and not any(sizes)


def _addresses(obj: Object) -> str:
    """Where a Service's or Ingress's load balancer is reached."""
    found = (status_of(obj).get("loadBalancer") or {}).get("ingress") or ()
    return ", ".join(item.get("hostname") or item.get("ip") or "" for item in found)


def ingress(obj: Object, reader: Reader) -> Health:
    """Healthy when its Services exist; whether it tells an address depends on the controller."""
    missing = [
        name
        for name in sorted(set(_backends(spec_of(obj))))
        if reader.get("v1", "Service", namespace_of(obj), name) is None
    ]
    if missing:
        return degraded(f"there is no Service {', '.join(missing)}")
    addresses = _addresses(obj)
    return healthy(f"at {addresses}" if addresses else "no controller has told an address")


def _backends(spec: Object) -> Iterator[str]:
    """The Services that an Ingress names; `use-annotation` marks names that the AWS controller reads elsewhere."""
    paths = [path for rule in spec.get("rules") or () for path in (rule.get("http") or {}).get("paths") or ()]
    for backend in [spec.get("defaultBackend") or {}, *(path["backend"] for path in paths)]:
        service = backend.get("service")
        if service and (service.get("port") or {}).get("name") != "use-annotation":
            yield service["name"]
