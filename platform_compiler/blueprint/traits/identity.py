"""What a component may do: rules of its service account (`rbac.authorization.k8s.io/v1`), and its identity in a cloud.

A pod without rules has no token. The identities are the annotations that the clouds document: EKS "IAM roles for
service accounts", GKE "Workload Identity Federation", AKS "Microsoft Entra Workload ID".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from platform_compiler.blueprint.context import Context
from platform_compiler.blueprint.fields import Annotations
from platform_compiler.graph.resource import Resource
from platform_compiler.spec.validation import Model

RBAC = "rbac.authorization.k8s.io"


class Rule(Model):
    """What may be done to which objects."""

    groups: list[str] = Field([""], min_length=1, description='API groups; the core group "" by default.')
    resources: list[str] = Field(min_length=1, description="Resources in the plural, such as pods.")
    verbs: list[str] = Field(min_length=1, description="Verbs such as get, list and watch.")
    names: list[str] = Field([], description="Only objects of these names.")

    def manifest(self) -> dict[str, Any]:
        """A `PolicyRule`."""
        rule: dict[str, Any] = {"apiGroups": self.groups, "resources": self.resources, "verbs": self.verbs}
        return rule | {"resourceNames": self.names} if self.names else rule


class WorkloadIdentity(Model):
    """Who the pods are in a cloud, without a key."""

    aws_role: str | None = Field(None, description="The ARN of an IAM role (EKS).")
    gcp_service_account: str | None = Field(None, description="The e-mail of a service account (GKE).")
    azure_client_id: str | None = Field(None, description="The client id of a managed identity (AKS).")

    def annotations(self) -> dict[str, str]:
        """Annotations of the ServiceAccount."""
        found = {
            "eks.amazonaws.com/role-arn": self.aws_role,
            "iam.gke.io/gcp-service-account": self.gcp_service_account,
            "azure.workload.identity/client-id": self.azure_client_id,
        }
        return {key: value for key, value in found.items() if value}


class Account(Model):
    """The component's service account."""

    rules: list[Rule] = Field([], description="What the pods may do in their namespace.")
    cluster_rules: list[Rule] = Field([], description="What the pods may do in the whole cluster.")
    token: bool = Field(False, description="true gives the pods a token even without rules.")
    identity: WorkloadIdentity | None = Field(None, description="Who the pods are in a cloud.")
    annotations: Annotations = Field({}, description="More annotations of the ServiceAccount.")

    @property
    def has_token(self) -> bool:
        """Whether pods get a token for the Kubernetes API."""
        return bool(self.token or self.rules or self.cluster_rules)

    def pod_labels(self) -> dict[str, str]:
        """Labels that make a cloud's webhook see the pods."""
        return {"azure.workload.identity/use": "true"} if self.identity and self.identity.azure_client_id else {}

    def objects(self, ctx: Context) -> Iterator[Resource]:
        """The ServiceAccount, and a role with its binding for each kind of rules."""
        identity = self.identity.annotations() if self.identity else {}
        yield ctx.resource(
            "service-account",
            "v1",
            "ServiceAccount",
            annotations=self.annotations | identity,
            automountServiceAccountToken=False,
        )
        if self.rules:
            yield from _grant(ctx, "role", ctx.name, self.rules, cluster=False)
        if self.cluster_rules:
            yield from _grant(ctx, "cluster-role", f"{ctx.namespace}-{ctx.name}", self.cluster_rules, cluster=True)


def _grant(ctx: Context, role: str, name: str, rules: list[Rule], *, cluster: bool) -> Iterator[Resource]:
    kind = "ClusterRole" if cluster else "Role"
    version = f"{RBAC}/v1"
    granted = [rule.manifest() for rule in rules]
    yield ctx.resource(role, version, kind, name=name, cluster_scoped=cluster, rules=granted)
    yield ctx.resource(
        f"{role}-binding",
        version,
        f"{kind}Binding",
        name=name,
        cluster_scoped=cluster,
        roleRef={"apiGroup": RBAC, "kind": kind, "name": name},
        subjects=[{"kind": "ServiceAccount", "name": ctx.name, "namespace": ctx.namespace}],
    )
