"""What blueprints are written with: the base class, typed outputs, the context, typed fields and traits."""

from platform_compiler.blueprint.base import Blueprint, Endpoint, OutputModel, Public
from platform_compiler.blueprint.context import Context, Contribution, Wait
from platform_compiler.blueprint.deprecation import Deprecated
from platform_compiler.graph.resource import Resource
from platform_compiler.graph.secret import SecretText, percent_encoded

__all__ = [
    "Blueprint",
    "Context",
    "Contribution",
    "Deprecated",
    "Endpoint",
    "OutputModel",
    "Public",
    "Resource",
    "SecretText",
    "Wait",
    "percent_encoded",
]
