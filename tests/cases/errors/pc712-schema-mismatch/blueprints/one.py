from collections.abc import Iterator

from platform_compiler.blueprint import Blueprint, Context, Resource


class Echo(Blueprint, name="echo", version=1):
    """Makes objects that a rule cannot even look at."""

    def expand(self, ctx: Context) -> Iterator[Resource]:
        nameless = ctx.resource("nameless", "v1", "ConfigMap")
        yield nameless._replace(manifest={"kind": "ConfigMap"})
        yield ctx.resource("pod", "v1", "Pod", spec={"containers": [{"image": "acme/web:1"}]})
        yield ctx.resource("deployment", "apps/v1", "Deployment", spec={"template": {"spec": "acme/web:1"}})
