"""The files of a new blueprint: a class that works, an example, a test. Expected objects and docs follow from them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

CLASS: Final = '''\
"""`{name}`: say in one line what it is for."""

from __future__ import annotations

from collections.abc import Iterator

from platform_compiler.blueprint import Context, Endpoint, OutputModel, Public, Resource
from platform_compiler.blueprint.fields import Port
from platform_compiler.blueprint.traits.container import Container, build_pod
from platform_compiler.blueprint.traits.exposure import service
from platform_compiler.blueprint.traits.workload import deployment
from pydantic import Field


class {cls}(Container, name="{name}", version=1):
    """Say in one line what it is for; this becomes its docs."""

    port: Port = Field(8080, description="The port that the container listens on.")

    class Outputs(OutputModel):
        """What other components may refer to; `Public` ones are for other apps too."""

        url: Public[str]

    def outputs(self, ctx: Context) -> {cls}.Outputs:
        """They follow from names and fields alone."""
        return self.Outputs(url=f"http://{{ctx.host}}:{{self.port}}")

    def endpoint(self, ctx: Context) -> Endpoint:
        """Where callers reach the pods; network policies follow from it."""
        return Endpoint(ctx.selector, (self.port,))

    def expand(self, ctx: Context) -> Iterator[Resource]:
        """Service account, config, Deployment and Service."""
        pod = build_pod(self, ctx, port=("http", self.port))
        yield from pod.resources
        yield deployment(ctx, pod)
        yield service(ctx, name=ctx.name, port=self.port, target_port=self.port, protocol="http")
'''
SPEC: Final = """\
app: {name}
team: platform
blueprint: {name}@1
image: ghcr.io/acme/{name}:1.0.0
port: 8000
"""
TEST: Final = '''\
"""`{name}`: its examples, and what is worth saying beside them."""

from platform_compiler.pytest_plugin import CheckExamples, CompileApp

SPEC = """
app: web
team: platform
blueprint: {name}@1
image: ghcr.io/acme/{name}:1.0.0
"""


def test_examples(check_examples: CheckExamples) -> None:
    check_examples("{name}")


def test_the_service_leads_to_the_port(compile_app: CompileApp) -> None:
    app = compile_app(SPEC + "port: 9000\\n")
    assert app["service/web"].at("spec.ports.http.targetPort") == 9000
    assert app["deployment/web"].at("spec.template.spec.containers.web.ports.http.containerPort") == 9000
'''


def scaffold(root: Path, name: str) -> dict[Path, str]:
    """The text of each file of a new blueprint, by its path."""
    module = name.replace("-", "_")
    cls = "".join(part.capitalize() for part in name.split("-"))
    files = {
        root / "blueprints" / f"{module}.py": CLASS,
        root / "blueprints" / "examples" / f"{name}@1" / "basic.yaml": SPEC,
        root / "tests" / f"test_{module}.py": TEST,
    }
    return {file: text.format(name=name, cls=cls) for file, text in files.items()}
