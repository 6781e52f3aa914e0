"""Typed fields that blueprints share: ports, images, names of environment variables, texts that may hold secrets."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Final, NamedTuple

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, PlainValidator
from pydantic_core import CoreSchema, core_schema

from platform_compiler.graph.secret import SecretText
from platform_compiler.spec.source import plain_decimal
from platform_compiler.spec.validation import InputError, JsonSchema

Port = Annotated[int, Field(ge=1, le=65535)]
"""A TCP port."""

Seconds = Annotated[int, Field(ge=0, le=86_400 * 7)]
"""A time in whole seconds."""


class Matching(NamedTuple):
    """Marks a text that must match `pattern` as a whole; `expected` says so in words, `suggest` finds the nearest."""

    pattern: str
    expected: str
    suggest: Callable[[str], str] = lambda _: ""

    def check(self, value: str) -> str:
        """The value, if it fits."""
        if re.fullmatch(self.pattern, value):
            return value
        suggestion = self.suggest(value)
        hint = f"write {suggestion}" if suggestion and re.fullmatch(self.pattern, suggestion) else ""
        raise InputError(f"{value!r} does not fit", expected=self.expected, hint=hint)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: Callable[[CoreSchema], dict[str, Any]]
    ) -> dict[str, Any]:
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}


Image = Annotated[
    str,
    Matching(
        r"[a-zA-Z0-9][a-zA-Z0-9._/:-]*(@sha256:[0-9a-f]{64})?",
        "an image such as ghcr.io/acme/web:1.4.2 or one with a digest (name@sha256:...)",
    ),
]
EnvName = Annotated[
    str,
    Matching(
        r"[A-Za-z_][A-Za-z0-9_]*",
        "letters, digits and underscores, not starting with a digit",
        lambda value: re.sub(r"\W", "_", value).lstrip("0123456789"),
    ),
]
HttpPath = Annotated[str, Matching(r"/\S*", "a path that starts with /", lambda value: "/" + value.strip().lstrip("/"))]
AbsolutePath = Annotated[
    str, Matching(r"/[^\s:]*", "an absolute path in the container", lambda value: "/" + value.strip().lstrip("/"))
]
FilePath = Annotated[
    str, Matching(r"(/[A-Za-z0-9._-]+)+", "an absolute path of letters, digits, dots, dashes and underscores")
]
ObjectKey = Annotated[str, Matching(r"[A-Za-z0-9._-]+", "letters, digits, dots, dashes and underscores")]
_SUBDOMAIN: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
HostName = Annotated[
    str,
    Matching(
        rf"(?=.{{1,253}}$)(\*\.)?{_SUBDOMAIN}",
        "a host name in lower case, such as shop.example.com, at most 253 characters",
        str.lower,
    ),
]
ObjectName = Annotated[
    str, Matching(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", "lower-case letters, digits and dashes, at most 63", str.lower)
]
ExistingName = Annotated[
    str,
    Matching(rf"(?=.{{1,253}}$){_SUBDOMAIN}", "lower-case letters, digits, dashes and dots, at most 253", str.lower),
]
"""The name of an object that somebody else has made: a DNS subdomain (Kubernetes: `NameIsDNSSubdomain`)."""

_QUALIFIED: Final = r"(?=[^/]{1,63}$)[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"
_KEY_IN_WORDS: Final = "letters, digits, dashes, underscores and dots, at most 63, after a domain and / where wanted"
LabelKey = Annotated[str, Matching(rf"((?=[^/]{{1,253}}/){_SUBDOMAIN}/)?{_QUALIFIED}", _KEY_IN_WORDS)]
LabelValue = Annotated[
    str,
    Matching(
        r"(?=.{0,63}$)([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?",
        "letters, digits, dashes, underscores and dots, at most 63, between letters or digits",
    ),
]
Labels = dict[LabelKey, LabelValue]
"""Labels (Kubernetes: `ValidateLabels`, `IsQualifiedName` and `IsValidLabelValue`)."""

_ANY_CASE: Final = _SUBDOMAIN.replace("a-z", "A-Za-z")
AnnotationKey = Annotated[str, Matching(rf"((?=[^/]{{1,253}}/){_ANY_CASE}/)?{_QUALIFIED}", _KEY_IN_WORDS)]
Annotations = dict[AnnotationKey, str]
"""Annotations (Kubernetes: `ValidateAnnotations`): keys as of labels, but in any case, and any values."""

HeaderName = Annotated[str, Matching(r"[A-Za-z0-9-]+", "letters, digits and dashes")]
"""A header of HTTP (Kubernetes: `IsHTTPHeaderName`)."""

VolumeName = Annotated[
    str, Matching(r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?", "lower-case letters, digits and dashes, at most 40", str.lower)
]
_PERCENT: Final = r"[1-9][0-9]?%|100%"
Percent = Annotated[str, Matching(_PERCENT, "a percentage such as 70%", lambda value: value.rstrip("%") + "%")]


def _int_or_percent(value: object) -> object:
    if (type(value) is int and value >= 0) or (isinstance(value, str) and re.fullmatch(_PERCENT, value)):
        return value
    hint = f"write {value}%" if isinstance(value, str) and re.fullmatch(_PERCENT, f"{value}%") else ""
    raise InputError(f"{value!r} does not fit", expected="a whole number from 0, or a percentage to 100%", hint=hint)


IntOrPercent = Annotated[
    int | str,
    PlainValidator(_int_or_percent),
    JsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": f"^(?:{_PERCENT})$"}]}),
]
"""A number of pods, or a share of them. One validator, so that one fault is told once."""

PortName = Annotated[
    str,
    Matching(
        r"(?=[a-z0-9-]{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*",
        "lower-case letters, digits and dashes, at most 15, with a letter (RFC 6335)",
        str.lower,
    ),
]


def written(value: object) -> str | SecretText:
    """Texts as they are; numbers and booleans as YAML writes them."""
    if isinstance(value, str | SecretText):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return plain_decimal(value)
    raise InputError("this is no text", expected="text, a number, true or false")


Text = Annotated[str | SecretText, PlainValidator(written), JsonSchema({"type": ["string", "number", "boolean"]})]
"""A text that may contain references and secrets; numbers and booleans are written as text."""


def _text_list(value: object) -> object:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return value
    raise InputError("this is no command line", expected="a list of words, or one word")


Command = Annotated[list[str], BeforeValidator(_text_list, json_schema_input_type=str | list[str])]
"""A command line as a list of words; a single text is one word."""


Env = dict[EnvName, Text]
"""Environment variables by name."""
