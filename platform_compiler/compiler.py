"""The compile: specs x blueprints x one environment to a checked resource graph. Pure: it reads files, nothing else.

    load -> instantiate (overlay) -> link -> expand -> passes -> rules

The last four run app by app: only references and the names of objects span apps. Each stage collects its faults and
runs on whatever the one before could make, so that one run reports as much as it can. Only a graph without errors
leaves this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from platform_compiler import second
from platform_compiler.diagnostics import CompileError, Diagnostic, Diagnostics, Location, did_you_mean, one_of
from platform_compiler.expand import component_nodes, expand_component, namespaces
from platform_compiler.graph.resource import Graph, Origin, Resource
from platform_compiler.link.component import Component, Site
from platform_compiler.link.instantiate import check_after, check_renames, instantiate
from platform_compiler.link.linker import Linker
from platform_compiler.link.mistakes import mended_at
from platform_compiler.link.settings import namespace_faults, setting_faults
from platform_compiler.loading import Platform, load_platform
from platform_compiler.passes import PASSES
from platform_compiler.passes.order import OrderCycleError, order_base
from platform_compiler.root import APPS, STACKS
from platform_compiler.rules import RULES
from platform_compiler.rules.names import UniqueNames
from platform_compiler.rules.view import View
from platform_compiler.spec.environment import Environment, read_environment, stand_in

MANY: Final = 64
"""From so many apps on, a second process compiles half of them."""


class Seal(Protocol):
    """Takes what it needs of each app's checked graph, so that thousands of apps never stand in memory as objects.

    What it has taken can be handed on as plain data (`marshal`), for a second process may have taken it.
    """

    def take(self, graph: Graph) -> None:
        """Take from the graph of one app, or of what the environment itself yields."""

    def give(self) -> Any:
        """All that was taken since the last time."""

    def accept(self, given: Any) -> None:
        """Take what another one gave."""


_FAULTS_OF_SPECS = frozenset(["PC201", "PC203", "PC301", "PC303", "PC401", "PC402", "PC403", "PC404", "PC405"])
"""Codes of what is wrong with a component in every environment."""


class Compiled(NamedTuple):
    """One environment's compile: the graph, and what it was made from."""

    platform: Platform
    environment: Environment
    graph: Graph
    components: Mapping[str, Component]
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Every resource, in the graph's order."""
        return self.graph.resources


def compile_stack(root: Path, environment: str, apps: Sequence[str] = ()) -> Compiled:
    """Compile the platform at `root` for one environment; raises `CompileError` with every fault of the run."""
    return compile_environment(load_platform(root), environment, apps)


def compile_environment(
    platform: Platform, name: str, apps: Sequence[str] = (), *, seal: Seal | None = None
) -> Compiled:
    """Compile loaded specs for one of the platform's environments; see `compile_in`."""
    document = platform.documents.get(f"{STACKS}/{name}.yaml")
    try:
        environment = read_environment(platform.root, name, document)
    except CompileError as error:
        more = _whatever_the_environment(platform, name, apps) if name in platform.environments else []
        raise CompileError([*error.diagnostics, *more]) from None
    return compile_in(platform, environment, apps, seal=seal)


def compile_in(
    platform: Platform, environment: Environment, apps: Sequence[str] = (), *, seal: Seal | None = None
) -> Compiled:
    """Compile loaded specs for one environment, only `apps` and what they stand on where any are named.

    `seal` is given each app's checked graph; the graph that comes back is then empty, and instances that no other
    component refers to are let go.
    """
    diagnostics = Diagnostics()
    selected = _select(platform, apps, diagnostics)
    diagnostics.extend(namespace_faults((app for app in platform.apps.values() if app.name in selected), environment))
    if not any(fault.code == "PC703" for fault in platform.faults):  # one that cannot be loaded may be meant
        diagnostics.extend(setting_faults(environment, platform.table))
    others = Diagnostics()
    site = Site(environment)
    components = {
        component.id: component
        for app in sorted(platform.apps.values(), key=lambda app: app.name)
        for component in instantiate(app, site, platform.table, diagnostics if app.name in selected else others)
    }
    wanted = {component.id: component for component in components.values() if component.app.name in selected}
    check_after(wanted, diagnostics)
    check_renames(wanted, diagnostics)
    run = _Run(components, platform, environment, diagnostics, seal)
    run.add_all([[*members] for _, members in groupby(wanted.values(), key=lambda component: component.app.name)])
    graph = run.finish()
    diagnostics.extend(_relevant(platform, selected | run.asked) if apps else platform.faults)
    diagnostics.extend(_of_apps(run.missed, platform, others))
    if apps and platform.lenient:
        diagnostics = Diagnostics(_own(diagnostics.items, platform, selected))
    diagnostics.raise_errors()
    return Compiled(platform, environment, graph, components, tuple(diagnostics.items))


def _whatever_the_environment(platform: Platform, name: str, apps: Sequence[str]) -> list[Diagnostic]:
    """The faults of specs that no setting of the environment would mend, for one that cannot be read."""
    try:
        compile_in(platform, stand_in(platform.root, name), apps)
    except CompileError as error:
        of_files = {*platform.faults}
        return [fault for fault in error.diagnostics if fault in of_files or fault.code in _FAULTS_OF_SPECS]
    return []


def check(platform: Platform, environments: Sequence[str], apps: Sequence[str] = ()) -> tuple[list[Diagnostic], int]:
    """Every diagnostic of the apps in the environments, in order of place, and the number of resources they make."""
    found: list[Diagnostic] = [] if environments else list(platform.faults)
    counter = _Counter()
    for name in environments:
        try:
            found.extend(compile_environment(platform, name, apps, seal=counter).warnings)
        except CompileError as error:
            found.extend(error.diagnostics)
    return sorted(set(found), key=Diagnostic.sort_key), counter.number


class _Counter:
    """Counts resources."""

    def __init__(self) -> None:
        self.number = 0

    def take(self, graph: Graph) -> None:
        self.number += len(graph.resources)

    def give(self) -> int:
        number, self.number = self.number, 0
        return number

    def accept(self, given: int) -> None:
        self.number += given


def _select(platform: Platform, apps: Sequence[str], diagnostics: Diagnostics) -> frozenset[str]:
    known = platform.apps.keys() | platform.broken
    for name in apps:
        if name not in known:
            hint = did_you_mean(name, platform.apps)
            diagnostics.add(Diagnostic("PC403", f"there is no app {name!r}", None, one_of(platform.apps), hint))
    return frozenset(apps or platform.apps)


def _relevant(platform: Platform, asked: AbstractSet[str]) -> list[Diagnostic]:
    """The faults of files that a narrowed compile tells: of what all apps share, and of the apps that it asked for.

    A file that does not say whose it is may be that of an app that is missing.
    """
    missing = not asked <= platform.apps.keys()

    def concerns(fault: Diagnostic) -> bool:
        if fault.location is None or not fault.location.file.startswith(f"{APPS}/"):
            return True
        app = platform.faulty.get(fault.location.file, "")
        return app in asked or (missing and not app)

    return [*filter(concerns, platform.faults)]


def _own(faults: Sequence[Diagnostic], platform: Platform, selected: AbstractSet[str]) -> list[Diagnostic]:
    """The faults without those in specs of other apps."""
    files = {app.document.file for name, app in platform.apps.items() if name in selected}
    places = ((fault, fault.location.file if fault.location else "") for fault in faults)
    return [fault for fault, file in places if file in files or not file.startswith(f"{APPS}/")]


def _of_apps(names: AbstractSet[str], platform: Platform, found: Diagnostics) -> list[Diagnostic]:
    """The errors in `found` that stand in the files of some apps."""
    files = {platform.apps[name].document.file for name in names & platform.apps.keys()}
    return [fault for fault in found.errors if fault.location and fault.location.file in files] if files else []


class _Run:
    """Links, expands, orders and checks app by app; what spans apps is only that no two objects are the same."""

    def __init__(
        self,
        components: Mapping[str, Component],
        platform: Platform,
        environment: Environment,
        diagnostics: Diagnostics,
        seal: Seal | None,
    ) -> None:
        self.components = components
        self.environment = environment
        self.diagnostics = diagnostics
        self.seal = seal
        self._linker = Linker(components, platform.apps, platform.broken, environment, diagnostics)
        self._referenced: set[str] = set()
        self._view = View(
            environment,
            lambda origin: _locate(origin, components, environment),
            lambda resource: _author(resource, components),
        )
        self._names = UniqueNames()
        self._graphs: list[Graph] = []
        self._needed: set[str] = set()

    @property
    def asked(self) -> set[str]:
        """The apps that what was compiled refers to."""
        return self.missed | {target.partition("/")[0] for target in self._referenced}

    @property
    def missed(self) -> set[str]:
        """Those of them that lack what was referred to, for a fault of their own."""
        return self._linker.missed

    def add_all(self, apps: list[list[Component]]) -> None:
        """Compile every app; of many that are sealed, half in a second process, once one app has built the models."""
        helper, middle = None, len(apps)
        if self.seal and len(apps) >= MANY:
            self.add(apps.pop(0))
            middle = len(apps) // 2
            helper = second.start(lambda send: self._send_all(apps[middle:], send))
        made = False
        try:
            for members in apps[:middle]:
                self.add(members)
        finally:
            if helper:
                made = self._take_over(helper)
        for members in () if made else apps[middle:]:
            self.add(members)

    def _send_all(self, apps: list[list[Component]], send: second.Send) -> None:
        """The second process's part. Where there is anything to tell, nothing is sent: it is found and told again."""
        assert self.seal
        faults = len(self.diagnostics.items)
        self.seal.give()
        self._names.give()
        self._needed.clear()
        for members in apps:
            self.add(members)
            if len(self.diagnostics.items) > faults:
                return
        send((self.seal.give(), self._names.give(), [*self._needed]))

    def _take_over(self, helper: second.Second) -> bool:
        """Take what the second process has made; tells whether it has made all."""
        assert self.seal
        made = helper.receive()
        helper.end()
        if made is None:
            return False
        taken, names, needed = made
        self.seal.accept(taken)
        self._names.accept(names)
        self._needed.update(needed)
        return True

    def add(self, members: list[Component]) -> None:
        """Compile one app, whose components are `members`."""
        for component in members:
            self._link(component)
        for target in sorted({target for component in members for target in component.references}):
            self._referenced.add(target)
            self._link(self.components[target])
        try:
            graph = _app_graph(members, self.components, self.diagnostics)
            self._needed.update(resource.namespace for resource in graph if resource.namespace)
            self._keep(graph)
        except (AttributeError, LookupError, TypeError) as error:
            self.diagnostics.extend(_why_stumbled(members, error))
        if self.seal:
            self._let_go(members)

    def finish(self) -> Graph:
        """Everything, with the namespaces that it stands on."""
        apps, self._graphs = self._graphs, []
        self._keep(Graph(order_base(tuple(namespaces(self.environment, self.components.values(), self._needed)))))
        graphs = [*self._graphs, *apps]
        self.diagnostics.extend(self._names.faults(self._view))
        resources = tuple(resource for graph in graphs for resource in graph)
        return Graph(resources, tuple(node for graph in graphs for node in graph.components))

    def _link(self, component: Component) -> None:
        """Link it, unless it is. One that fails may do so for a fault of what it refers to, so that is linked too."""
        todo = [component]
        while todo:
            item = todo.pop()
            if item.instance is not None or item.failed:
                continue
            self._linker.link(item)
            if item.failed:
                self._referenced |= item.references
                todo.extend(self.components[target] for target in sorted(item.references))

    def _keep(self, graph: Graph) -> None:
        """Check a graph, and keep it or what the seal takes of it."""
        for rule in RULES:
            self.diagnostics.extend(rule(graph, self._view))
        self._names.add(graph)
        if self.seal:
            self.seal.take(graph)
        else:
            self._graphs.append(graph)

    def _let_go(self, members: list[Component]) -> None:
        """Drop the instances that nobody has referred to: one that somebody will refer to is linked once more."""
        for component in members:
            if component.id not in self._referenced:
                component.instance = None


def _why_stumbled(members: list[Component], error: Exception) -> list[Diagnostic]:
    """A pass or rule takes objects for what they should be; when it stumbles, the schema knows which one is not."""
    from platform_compiler.link.misfits import misfits  # noqa: PLC0415 - hardly ever needed, and slow to import

    found = [fault for component in members if component.instance is not None for fault in misfits(component)]
    if not found:
        raise error
    return found


def _app_graph(members: list[Component], components: Mapping[str, Component], diagnostics: Diagnostics) -> Graph:
    linked = [component for component in members if component.instance is not None]
    resources = [item for component in linked for item in expand_component(component, components, diagnostics)]
    graph = Graph(tuple(resources), tuple(component_nodes(linked)))
    try:
        for apply in PASSES:
            graph = apply(graph)
    except OrderCycleError as error:
        diagnostics.extend(_in_a_circle(steps, components) for steps in error.circles)
    return graph


def _in_a_circle(steps: Sequence[str], components: Mapping[str, Component]) -> Diagnostic:
    first = components[steps[0]]
    location = first.locate(("after",) if first.settings.after else (), key=True)
    circle = " -> ".join([*steps, steps[0]])
    return Diagnostic("PC409", f"components wait for each other: {circle}", location, "an order")


def _author(resource: Resource, components: Mapping[str, Component]) -> str:
    component = components.get(f"{resource.origin.app}/{resource.origin.component}")
    return mended_at(component, resource) if component else ""


def _locate(origin: Origin, components: Mapping[str, Component], environment: Environment) -> Location:
    component = components.get(f"{origin.app}/{origin.component}")
    return component.locate((), key=True) if component else environment.document.locate(("namespace",), key=True)
