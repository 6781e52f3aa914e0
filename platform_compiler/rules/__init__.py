"""Graph to diagnostics, one file a rule. `RULES` are those that look at one app, in the order of their codes."""

from collections.abc import Callable, Iterable

from platform_compiler.diagnostics import Diagnostic
from platform_compiler.graph.resource import Graph
from platform_compiler.rules.names import ids_differ, names_fit
from platform_compiler.rules.pod_security import pods_meet_the_standard
from platform_compiler.rules.secrets import secrets_stay_secret
from platform_compiler.rules.view import View

Rule = Callable[[Graph, View], Iterable[Diagnostic]]

RULES: tuple[Rule, ...] = (secrets_stay_secret, names_fit, ids_differ, pods_meet_the_standard)
