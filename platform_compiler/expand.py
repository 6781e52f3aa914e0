"""Component graph to resources: runs each blueprint, and adds what no blueprint makes: namespaces and call policies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from platform_compiler.blueprint.context import MANAGED_BY, TEAM_LABEL, Contribution, FieldError
from platform_compiler.blueprint.traits.network import egress_rule, policy_peer, policy_spec
from platform_compiler.diagnostics import Diagnostics
from platform_compiler.graph.resource import ComponentNode, Lifecycle, Origin, Resource, namespace_id
from platform_compiler.link.component import Component
from platform_compiler.link.mistakes import blueprint_failed, no_resources, not_a_resource, refused, same_role
from platform_compiler.spec.environment import Environment

KEPT = Lifecycle(retain_on_delete=True)


def expand_component(
    component: Component, components: Mapping[str, Component], diagnostics: Diagnostics
) -> list[Resource]:
    """The resources of one linked component; faults of its blueprint go to `diagnostics`."""
    assert component.instance is not None
    try:
        if component.references:
            given = tuple(_contributions(component, components, diagnostics))
            component.context = replace(component.context, contributions=given)
        expanded = component.instance.expanded(component.context)
        if expanded is None:
            diagnostics.add(no_resources(component))
            return []
        resources = [*expanded]
    except FieldError as fault:
        diagnostics.add(refused(component, fault))
        return []
    except (Exception, SystemExit) as error:  # noqa: BLE001 - an author's code may raise anything; it is told
        diagnostics.add(blueprint_failed(component, error))
        return []
    strangers = [item for item in resources if not isinstance(item, Resource)]
    if strangers:
        diagnostics.add(not_a_resource(component, strangers[0]))
        return []
    by_id = {resource.id: resource for resource in resources}
    if len(by_id) < len(resources):
        twice = next(resource for resource in resources if by_id[resource.id] is not resource)
        diagnostics.add(same_role(component, twice))
    return [*by_id.values(), *_call_policies(component, components, diagnostics)]


def _contributions(
    component: Component, components: Mapping[str, Component], diagnostics: Diagnostics
) -> Iterator[Contribution]:
    """What each component that this one refers to adds to it: the way to its pods, and what its blueprint says.

    A fault in what another blueprint says is told to that one's author.
    """
    for target_id in sorted(component.references - {component.id}):
        target = components[target_id]
        if target.instance is None:
            continue
        near = replace(target.context, consumer_namespace=component.context.namespace)
        try:
            endpoint = target.instance.endpoint(target.context)
            added = target.instance.contribute(near)
        except FieldError as fault:
            diagnostics.add(refused(target, fault))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - as above
            diagnostics.add(blueprint_failed(target, error))
        else:
            if endpoint is not None:
                peer = policy_peer(target.context.namespace, endpoint.selector)
                yield Contribution(egress=(egress_rule([peer], endpoint.ports, endpoint.udp),))
            yield added


def _call_policies(
    component: Component, components: Mapping[str, Component], diagnostics: Diagnostics
) -> Iterator[Resource]:
    """One policy for each component that this one refers to; it lets the caller in, and belongs to the caller."""
    caller = component.context
    if caller.environment.spec.network.isolation == "none":
        return
    for target_id in sorted(component.references - {component.id}):
        target = components[target_id]
        if target.instance is None:
            continue
        try:
            endpoint = target.instance.endpoint(target.context)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - an author's code may raise anything; it is told
            diagnostics.add(blueprint_failed(target, error))
            continue
        if endpoint is not None:
            yield caller.resource(
                f"call-{target.app.name}-{target.name}",
                "networking.k8s.io/v1",
                "NetworkPolicy",
                name=f"{caller.name}-calls-{target.context.name}",
                namespace=target.context.namespace,
                spec=policy_spec(endpoint, [policy_peer(caller.namespace, caller.selector)]),
            )


def component_nodes(members: Sequence[Component]) -> Iterator[ComponentNode]:
    """The places of one app's components in the graph: what each waits for and what it refers to."""
    turns = {component.id: _turn(component) for component in members}
    needs = _Needs(members) if len({*turns.values()}) > 1 else None
    for component in members:
        after = {f"{component.app.name}/{name}" for name in component.settings.after}
        if needs:
            turn = turns[component.id]
            after.update(other for other in turns if turns[other] < turn and component.id not in needs.of(other))
        yield ComponentNode(
            component.id,
            component.context.origin,
            tuple(sorted(after)),
            tuple(sorted(component.references)),
            component.settings.renamed_from,
            component.settings.protect,
        )


class _Needs:
    """What must stand before a component of an app, such as the database that a pre-deploy job migrates."""

    def __init__(self, members: Iterable[Component]) -> None:
        self._members = {component.id: component for component in members}
        self._known: dict[str, set[str]] = {}

    def of(self, identifier: str) -> set[str]:
        """What it refers to and waits for, and whatever that waits for in turn."""
        if identifier not in self._known:
            self._known[identifier] = found = set(self._members[identifier].references)
            todo = [identifier, *found]
            while todo:
                component = self._members.get(todo.pop())
                names = component.settings.after if component else ()
                more = {f"{identifier.partition('/')[0]}/{name}" for name in names} - found
                found |= more
                todo.extend(more)
        return self._known[identifier]


def _turn(component: Component) -> int:
    """-1 for a component that runs before the others of its app, 1 for one that runs after them."""
    after = getattr(component.instance, "runs_after_others", False)
    return int(bool(after)) - int(bool(getattr(component.instance, "runs_before_others", False)))


def namespaces(
    environment: Environment, components: Iterable[Component], needed: frozenset[str] | set[str]
) -> Iterator[Resource]:
    """Each `needed` namespace, with its Pod Security labels and its default-deny policy.

    `components` are all of the environment, so that a namespace looks the same whichever apps a command names.
    """
    teams: dict[str, set[str]] = {name: set() for name in needed}
    for component in components:
        if component.context.namespace in needed:
            teams[component.context.namespace].add(component.context.team)
    document = environment.document
    line = document.lines.get("namespace", 1)
    origin = Origin("", "", "", document.file, line)
    for name in sorted(teams):
        yield _namespace(environment, name, sorted(teams[name]), origin)
        if environment.spec.network.isolation == "namespace":
            yield _default_deny(name, origin)


def _namespace(environment: Environment, name: str, teams: list[str], origin: Origin) -> Resource:
    level = environment.spec.pod_security
    labels = {
        "app.kubernetes.io/managed-by": MANAGED_BY,
        **{f"pod-security.kubernetes.io/{mode}": level for mode in ("enforce", "audit", "warn")},
        "pod-security.kubernetes.io/enforce-version": f"v{environment.spec.kubernetes}",
    }
    if len(teams) == 1:
        labels[TEAM_LABEL] = teams[0]
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    return Resource(namespace_id(name), manifest, origin, lifecycle=KEPT)


def _default_deny(namespace: str, origin: Origin) -> Resource:
    manifest = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {
            "name": "default-deny-ingress",
            "namespace": namespace,
            "labels": {"app.kubernetes.io/managed-by": MANAGED_BY},
        },
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
    }
    return Resource(namespace_id(f"{namespace}-default-deny"), manifest, origin)
