"""What a team would write by hand for the same seven objects an app: a Pulumi program with the typed classes."""

import hashlib
import json

import pulumi
import pulumi_kubernetes as k8s

TEAM = "bench"
provider = k8s.Provider("target", render_yaml_to_directory="rendered")
namespace = k8s.core.v1.Namespace("namespace", metadata={"name": TEAM}, opts=pulumi.ResourceOptions(provider=provider))


def labels(app: dict[str, str]) -> dict[str, str]:
    """The recommended labels."""
    return {
        "app.kubernetes.io/name": app["name"],
        "app.kubernetes.io/instance": app["name"],
        "app.kubernetes.io/part-of": app["name"],
        "app.kubernetes.io/managed-by": "pulumi",
        "platc.dev/team": TEAM,
    }


def metadata(app: dict[str, str], name: str | None = None) -> k8s.meta.v1.ObjectMetaArgs:
    """Names and labels."""
    return k8s.meta.v1.ObjectMetaArgs(name=name or app["name"], namespace=TEAM, labels=labels(app))


def deploy(app: dict[str, str]) -> None:
    """The seven objects of one app."""
    name = app["name"]
    selector = {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": name}
    options = pulumi.ResourceOptions(provider=provider, depends_on=[namespace])
    data = {"INDEX": app["index"], "LOG_LEVEL": "info", "PORT": "8080", "REGION": "eu-central-1"}
    digest = hashlib.sha256(json.dumps(data).encode()).hexdigest()[:10]
    account = k8s.core.v1.ServiceAccount(
        f"{name}-account", metadata=metadata(app), automount_service_account_token=False, opts=options
    )
    config = k8s.core.v1.ConfigMap(
        f"{name}-env", metadata=metadata(app, f"{name}-env-{digest}"), data=data, opts=options
    )
    probe = k8s.core.v1.ProbeArgs(http_get=k8s.core.v1.HTTPGetActionArgs(path="/healthz", port=8080))
    container = k8s.core.v1.ContainerArgs(
        name=name,
        image=app["image"],
        ports=[k8s.core.v1.ContainerPortArgs(name="http", container_port=8080, protocol="TCP")],
        env_from=[
            k8s.core.v1.EnvFromSourceArgs(
                config_map_ref=k8s.core.v1.ConfigMapEnvSourceArgs(name=f"{name}-env-{digest}")
            )
        ],
        resources=k8s.core.v1.ResourceRequirementsArgs(
            requests={"cpu": "100m", "memory": "128Mi"}, limits={"cpu": "100m", "memory": "128Mi"}
        ),
        readiness_probe=probe,
        liveness_probe=probe,
        security_context=k8s.core.v1.SecurityContextArgs(
            allow_privilege_escalation=False,
            capabilities=k8s.core.v1.CapabilitiesArgs(drop=["ALL"]),
            read_only_root_filesystem=True,
        ),
    )
    workload = k8s.apps.v1.Deployment(
        f"{name}-deployment",
        metadata=metadata(app),
        spec=k8s.apps.v1.DeploymentSpecArgs(
            selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector),
            template=k8s.core.v1.PodTemplateSpecArgs(
                metadata=k8s.meta.v1.ObjectMetaArgs(labels=labels(app)),
                spec=k8s.core.v1.PodSpecArgs(
                    service_account_name=name,
                    automount_service_account_token=False,
                    security_context=k8s.core.v1.PodSecurityContextArgs(
                        run_as_non_root=True,
                        run_as_user=1000,
                        run_as_group=1000,
                        fs_group=1000,
                        seccomp_profile=k8s.core.v1.SeccompProfileArgs(type="RuntimeDefault"),
                    ),
                    containers=[container],
                ),
            ),
        ),
        opts=pulumi.ResourceOptions(provider=provider, depends_on=[namespace, account, config]),
    )
    after = pulumi.ResourceOptions(provider=provider, depends_on=[namespace, workload])
    k8s.core.v1.Service(
        f"{name}-service",
        metadata=metadata(app),
        spec=k8s.core.v1.ServiceSpecArgs(
            type="ClusterIP",
            selector=selector,
            ports=[k8s.core.v1.ServicePortArgs(name="http", port=8080, target_port=8080, protocol="TCP")],
        ),
        opts=options,
    )
    k8s.autoscaling.v2.HorizontalPodAutoscaler(
        f"{name}-autoscaler",
        metadata=metadata(app),
        spec=k8s.autoscaling.v2.HorizontalPodAutoscalerSpecArgs(
            scale_target_ref=k8s.autoscaling.v2.CrossVersionObjectReferenceArgs(
                api_version="apps/v1", kind="Deployment", name=name
            ),
            min_replicas=2,
            max_replicas=10,
            metrics=[
                k8s.autoscaling.v2.MetricSpecArgs(
                    type="Resource",
                    resource=k8s.autoscaling.v2.ResourceMetricSourceArgs(
                        name="cpu",
                        target=k8s.autoscaling.v2.MetricTargetArgs(type="Utilization", average_utilization=70),
                    ),
                )
            ],
        ),
        opts=after,
    )
    k8s.policy.v1.PodDisruptionBudget(
        f"{name}-budget",
        metadata=metadata(app),
        spec=k8s.policy.v1.PodDisruptionBudgetSpecArgs(
            max_unavailable=1, selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector)
        ),
        opts=after,
    )
    k8s.networking.v1.Ingress(
        f"{name}-ingress",
        metadata=metadata(app),
        spec=k8s.networking.v1.IngressSpecArgs(
            rules=[
                k8s.networking.v1.IngressRuleArgs(
                    host=app["host"],
                    http=k8s.networking.v1.HTTPIngressRuleValueArgs(
                        paths=[
                            k8s.networking.v1.HTTPIngressPathArgs(
                                path="/",
                                path_type="Prefix",
                                backend=k8s.networking.v1.IngressBackendArgs(
                                    service=k8s.networking.v1.IngressServiceBackendArgs(
                                        name=name, port=k8s.networking.v1.ServiceBackendPortArgs(number=8080)
                                    )
                                ),
                            )
                        ]
                    ),
                )
            ]
        ),
        opts=options,
    )


with open("apps.json", encoding="utf-8") as file:
    for item in json.load(file):
        deploy(item)
