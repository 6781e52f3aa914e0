"""What `platc rollback` refuses before it starts anything."""

from __future__ import annotations

from typing import Any

import click
import pytest

from platform_compiler.cli.rollback import check_target
from platform_compiler.emit.recorded import Recorded


def provider(**inputs: Any) -> list[Recorded]:
    kind = "pulumi:providers:kubernetes"
    return [Recorded({"urn": f"urn:pulumi:dev::platform::{kind}::target", "type": kind, "inputs": inputs})]


FOLDER = provider(renderYamlToDirectory="../rendered/dev")
CLUSTER = provider(context="prod-eu", clusterIdentifier="prod")


def test_a_revision_of_another_kind_of_target_is_refused() -> None:
    with pytest.raises(click.ClickException, match="revision 3 was for a folder, this stack is for a cluster"):
        check_target(FOLDER, CLUSTER, 3)
    with pytest.raises(click.ClickException, match="revision 4 was for a cluster, this stack is for a folder"):
        check_target(CLUSTER, FOLDER, 4)


@pytest.mark.parametrize(
    ("then", "now"), [(FOLDER, FOLDER), (CLUSTER, provider(context="renamed")), (FOLDER, []), ([], CLUSTER)]
)
def test_the_same_kind_or_an_empty_stack_is_fine(then: list[Recorded], now: list[Recorded]) -> None:
    check_target(then, now, 1)
