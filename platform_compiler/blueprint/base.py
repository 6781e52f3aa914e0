"""The base class of blueprints: its fields are a component's inputs, `expand` yields what they stand for.

The class is the pydantic model of its inputs, so that one definition gives validation, JSON Schema, docs and
completion. `outputs` is what other components may refer to; it is computed before any expand, on an instance whose
fields are validated one by one as they are read (an *early* instance). So an output that only needs a name and a port
is known although another field of the same component waits for somebody else's output.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from platform_compiler.blueprint.context import Context, Contribution, FieldError
from platform_compiler.blueprint.deprecation import Deprecated
from platform_compiler.graph.resource import Resource
from platform_compiler.spec.later import later
from platform_compiler.spec.names import is_name
from platform_compiler.spec.validation import Model

if TYPE_CHECKING:
    from platform_compiler.blueprint.migration import Step
    from platform_compiler.blueprint.traits.patches import Patch
else:
    Patch = later("platform_compiler.blueprint.traits.patches", "Patch")

NOTHING = Contribution()
RESERVED = frozenset({"app", "team", "components", "environments", "blueprint", "after", "renamed-from", "protect"})
"""Words of a spec that never reach a blueprint: the envelope's and those of every component."""
_EARLY = "__early__"
_PUBLIC = "public output"
T = TypeVar("T")
Public = Annotated[T, _PUBLIC]
"""Marks an output that other apps may refer to, as in `url: Public[str]`."""


class OutputModel(BaseModel):
    """What other components may refer to; a blueprint declares its own as a nested class of this name."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True, extra="forbid", defer_build=True)

    @classmethod
    def public_names(cls) -> list[str]:
        """The outputs that other apps may refer to."""
        return [name for name, info in cls.model_fields.items() if _PUBLIC in info.metadata]


class Endpoint(NamedTuple):
    """Where a component's pods are reached: the labels that select them, and their ports (numbers, not names)."""

    selector: dict[str, str]
    ports: tuple[int, ...]
    udp: tuple[int, ...] = ()


class BlueprintId(NamedTuple):
    """`web-service@1`."""

    name: str
    version: int

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


class BlueprintDefinitionError(TypeError):
    """A blueprint class that is not well-formed; told to its author."""


class Blueprint(Model):
    """Subclass with a name and a version: `class WebService(Blueprint, name="web-service", version=1)`.

    `implements` names the interface that an environment may bind to this class, `ignores` the interface's inputs that
    this implementation does without, `requires` the capabilities that the environment's cluster must offer.
    `deprecated` says when the class goes and what to write instead, `migration` how inputs of the version before become
    inputs of this one.
    """

    blueprint_id: ClassVar[BlueprintId]
    implements: ClassVar[str | None] = None
    ignores: ClassVar[frozenset[str]] = frozenset()
    requires: ClassVar[frozenset[str]] = frozenset()
    stateful: ClassVar[bool] = False
    deprecated: ClassVar[Deprecated | None] = None
    migration: ClassVar[tuple[Step, ...] | None] = None

    patches: list[Patch] | None = Field(None, description="Changes of the objects that no field allows.")

    class Outputs(OutputModel):
        """No outputs."""

    def __init_subclass__(cls, **_kwargs: Any) -> None:
        """The class statement's keywords are for `__pydantic_init_subclass__`, which runs when the fields are known."""
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(
        cls,
        *,
        name: str | None = None,
        version: int | None = None,
        implements: str | None = None,
        ignores: Iterable[str] = (),
        requires: Iterable[str] = (),
        stateful: bool | None = None,
        deprecated: Deprecated | None = None,
        migration: Iterable[Step] | None = None,
        **kwargs: Any,
    ) -> None:
        """Take the identity from the class statement's keywords; a class without a name is a shared base."""
        super().__pydantic_init_subclass__(**kwargs)
        if stateful is not None:
            cls.stateful = stateful
        if name is None:
            return
        if not is_name(name) or not isinstance(version, int) or version < 1:
            raise BlueprintDefinitionError(f'{cls.__name__} needs a name like "web-service" and a version from 1')
        cls.blueprint_id = BlueprintId(name, version)
        cls.implements = implements
        cls.ignores = frozenset(ignores)
        cls.requires = frozenset(requires)
        cls.deprecated = deprecated
        cls.migration = None if migration is None else tuple(migration)
        cls._check_definition()

    @classmethod
    def _check_definition(cls) -> None:
        """What else would only show, or be lost, when some spec uses the class."""
        taken = sorted(RESERVED.intersection(info.alias or name for name, info in cls.model_fields.items()))
        if taken:
            summary = f"{cls.__name__} names a field {taken[0]!r}, which is a word of every spec: give it another name"
            raise BlueprintDefinitionError(summary)
        if not issubclass(cls.Outputs, OutputModel):
            summary = f"{cls.__name__}.Outputs is no OutputModel: write `class Outputs(OutputModel)`"
            raise BlueprintDefinitionError(summary)
        for step in cls.migration or ():
            cls._require_field_of(step)

    @classmethod
    def _require_field_of(cls, step: Step) -> None:
        """A migration writes only fields that this version has."""
        written = getattr(step, "writes", None)
        known = {info.alias or name for name, info in cls.model_fields.items()}
        if written is not None and written.partition(".")[0] not in known:
            raise BlueprintDefinitionError(f"the migration to {cls.blueprint_id} writes {written!r}, which is no field")

    def outputs(self, ctx: Context) -> BaseModel:  # noqa: ARG002 - part of the contract
        """What others may refer to. Must follow from names and fields alone."""
        return self.Outputs()

    def endpoint(self, ctx: Context) -> Endpoint | None:  # noqa: ARG002 - part of the contract
        """Where callers reach this component; None when nobody can."""
        return None

    def contribute(self, ctx: Context) -> Contribution:  # noqa: ARG002 - part of the contract
        """What this component adds to those that refer to it, beside the way to its endpoint."""
        return NOTHING

    def expand(self, ctx: Context) -> Iterator[Resource]:
        """Yield the resources."""
        raise NotImplementedError(f"{type(self).__name__} has no expand")

    def expanded(self, ctx: Context) -> Iterable[Resource]:
        """What `expand` yields, with the component's patches applied."""
        if not self.patches:
            return self.expand(ctx)
        from platform_compiler.blueprint.traits.patches import patched  # noqa: PLC0415 - only for specs that have some

        if ctx.environment.spec.patches == "forbid":
            summary = f"the environment {ctx.environment.name} forbids patches"
            raise FieldError(("patches",), summary, expected="fields of the blueprint", code="PC802")
        return patched(self.patches, self.expand(ctx))

    @classmethod
    def early(cls, read_field: Callable[[str], Any]) -> Blueprint:
        """An instance whose fields come from `read_field(name)` when they are first read."""
        instance = cls.__new__(cls)
        instance.__dict__[_EARLY] = read_field
        return instance

    def __getattr__(self, name: str) -> Any:
        read_field = self.__dict__.get(_EARLY)
        if read_field is not None and name in type(self).model_fields:
            value = self.__dict__[name] = read_field(name)
            return value
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
