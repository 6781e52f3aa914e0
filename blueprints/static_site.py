"""`static-site`: files behind a web server, from an image or a volume."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from platform_compiler.blueprint import Context, Endpoint, OutputModel, Public, Resource
from platform_compiler.blueprint.context import FieldError
from platform_compiler.blueprint.fields import ExistingName, HeaderName, Image, Matching
from platform_compiler.blueprint.traits.container import build_pod
from platform_compiler.blueprint.traits.exposure import Exposure, exposure
from platform_compiler.blueprint.traits.probes import Probe, Probes
from platform_compiler.blueprint.traits.scaling import Replicas, Scaling, autoscaler, disruption_budget
from platform_compiler.blueprint.traits.scraping import scrape_annotations
from platform_compiler.blueprint.traits.server import Server, access, main_port, reached, services
from platform_compiler.blueprint.traits.workload import scaled_deployment
from platform_compiler.spec.later import later
from platform_compiler.spec.validation import InputError, Model, shared

if TYPE_CHECKING:
    from platform_compiler.blueprint.traits.rollout import Disruption, Rollout
else:
    Disruption = later("platform_compiler.blueprint.traits.rollout", "Disruption")
    Rollout = later("platform_compiler.blueprint.traits.rollout", "Rollout")

PORT: Final = 8080
ROOT: Final = "/site"
HEALTH: Final = "/.platform/health"
QUERY: Final = "(\\?|$)"
"""What may stand behind a path in a request: the end, or a query."""
IMAGE_VOLUMES: Final = (1, 35)
"""The first Kubernetes version in which image volumes are on by default."""

SitePath = Annotated[
    str, Matching(r"/[A-Za-z0-9._~!&'()+,=:@%/-]*\*?", "a path that starts with /; a * at its end stands for any rest")
]
PlainPath = Annotated[str, Matching(r"/[A-Za-z0-9._/-]*", "letters, digits, dots and dashes after a /")]
HeaderValue = Annotated[str, Matching(r"[^\"\\$\r\n]*", 'text on one line, without ", \\ and $')]
Destination = Annotated[
    str, Matching(r"(https?://|/)[A-Za-z0-9._~!&'()+,=:@%/?#-]*", "a path that starts with /, or an http(s) URL")
]


class Content(Model):
    """Where the files come from: exactly one of an image and a claim."""

    image: Image | None = Field(None, description="An image that holds the files; from Kubernetes 1.35.")
    claim: ExistingName | None = Field(None, description="An existing claim that holds the files.")
    path: PlainPath = Field("/", description="The folder of the files in it.")

    @model_validator(mode="after")
    def _one_source(self) -> Content:
        if (self.image is None) == (self.claim is None):
            raise InputError("the files have one source", expected="one of image and claim")
        return self

    def volume(self) -> dict[str, Any]:
        """The source of a `core/v1.Volume`."""
        if self.image is not None:
            return {"image": {"reference": self.image}}
        return {"persistentVolumeClaim": {"claimName": self.claim, "readOnly": True}}


class Header(Model):
    """A header of the answers to some paths."""

    path: SitePath = Field("/*", description="The path; a * at its end stands for any rest.")
    name: HeaderName = Field(description="The header's name.")
    value: HeaderValue = Field(description="The header's value.")


class Redirect(Model):
    """An answer that leads elsewhere."""

    source: SitePath = Field(description="The path; a * at its end stands for any rest.")
    destination: Destination = Field(description="The path or URL that it leads to.")
    status: Literal[301, 302, 303, 307, 308] = Field(301, description="The HTTP status.")


class StaticSite(Server, name="static-site", version=1):
    """Files behind a web server, from an image or a volume: a single-page app, docs, a landing page."""

    image: Image = Field(
        "docker.io/nginxinc/nginx-unprivileged:1.29-alpine", description="The web server: nginx without root."
    )
    content: Content = Field(description="Where the files come from.")
    spa: bool = Field(False, description="true answers unknown paths with /index.html, for single-page apps.")
    not_found: PlainPath | None = Field(None, description="The page for unknown paths, such as /404.html.")
    headers: list[Header] = Field([], description="Headers of answers, by path.")
    redirects: list[Redirect] = Field([], description="Paths that lead elsewhere; the first that fits counts.")
    expose: Exposure | None = Field(None, description="Offer the site outside the cluster.")
    replicas: Scaling = Field(
        default_factory=shared(Replicas), description="A number of pods, or a range for the autoscaler."
    )
    rollout: Rollout | None = Field(None, description="How a new version takes the place of the old one.")
    disruption: Disruption | None = Field(
        None, description="How many pods may be gone at once; one by default, where there are two."
    )
    user: int = Field(101, ge=1, description="The user and group id that the server runs as; 101 in nginx's image.")

    class Outputs(OutputModel):
        """Where the site is reached inside the cluster."""

        host: Public[str]
        url: Public[str]

    def outputs(self, ctx: Context) -> StaticSite.Outputs:
        """They follow from the name."""
        return self.Outputs(host=ctx.host, url=f"http://{ctx.host}")

    def endpoint(self, ctx: Context) -> Endpoint:
        """The web server's pods."""
        return reached(self, ctx, PORT)

    def expand(self, ctx: Context) -> Iterator[Resource]:
        """Service account, the server's config, Deployment and Service; the rest where asked for."""
        self._check(ctx)
        endpoint = self.endpoint(ctx)
        config = ctx.config_map("config", {"default.conf": server_config(self)})
        pod = build_pod(
            self,
            ctx,
            port=("http", PORT),
            more_ports=self.ports,
            probes=self.probes.manifest(Probes(readiness=Probe(http=HEALTH), liveness=Probe(http=HEALTH)), PORT),
            volumes={
                "/etc/nginx/conf.d": {"configMap": {"name": config.name}},
                ROOT: self.content.volume(),
                "/tmp": {"emptyDir": {}},  # noqa: S108 - a folder of the container
            },
            annotations=scrape_annotations(self.metrics, ctx, PORT),
        )
        yield from pod.resources
        yield config
        yield scaled_deployment(self, ctx, pod, replicas=self.replicas, rollout=self.rollout)
        yield from services(self, ctx, port=80, target_port=PORT, protocol="http")
        yield from autoscaler(ctx, self.replicas)
        yield from disruption_budget(ctx, self.replicas, self.disruption)
        if self.expose:
            yield from exposure(ctx, self.expose, "http", 80, main_port(endpoint))
        yield from access(self, ctx, endpoint)

    def _check(self, ctx: Context) -> None:
        version = ctx.environment.spec.kubernetes
        if self.content.image is not None and tuple(map(int, version.split("."))) < IMAGE_VOLUMES:
            summary = f"Kubernetes {version} of the environment {ctx.environment.name} mounts no images"
            raise FieldError(("content", "image"), summary, expected="Kubernetes 1.35 or a `claim`", code="PC305")
        if self.spa and self.not_found:
            raise FieldError(("not-found",), "a single-page app answers every path", expected="`spa` or `not-found`")


def server_config(site: StaticSite) -> str:
    """The web server's configuration (nginx docs: ngx_http_core_module, ngx_http_map_module, ngx_http_headers_module).

    Headers go through a map by the requested path, because a header in a location would hide those of the server around
    it. Redirects are regular expressions, for those count in their order and before any prefix.
    """
    folder = ROOT if site.content.path == "/" else ROOT + site.content.path.rstrip("/")
    lines = []
    for index, header in enumerate(site.headers):
        match = f'"~{_pattern(header.path, QUERY)}" "{header.value}";'
        lines += [f"map $request_uri $header_{index} {{", '    default "";', f"    {match}", "}"]
    lines += ["server {", f"    listen {PORT};", f"    root {folder};"]
    lines += ["    index index.html;", "    absolute_redirect off;"]
    lines += [f"    add_header {header.name} $header_{index} always;" for index, header in enumerate(site.headers)]
    for redirect in site.redirects:
        answer = f"return {redirect.status} {redirect.destination};"
        lines.append(f'    location ~ "{_pattern(redirect.source, "$")}" {{ {answer} }}')
    lines.append(f"    location = {HEALTH} {{ access_log off; return 204; }}")
    if site.not_found:
        lines.append(f"    error_page 404 {site.not_found};")
    lines.append(f"    location / {{ try_files $uri $uri/ {'/index.html' if site.spa else '=404'}; }}")
    return "\n".join([*lines, "}"]) + "\n"


def _pattern(path: str, end: str) -> str:
    """A regular expression for the path, with `end` behind one that stands for no rest."""
    return f"^{re.escape(path.rstrip('*'))}{'' if path.endswith('*') else end}"
