"""Files in a container, each at its path: from a text, from a ConfigMap or from a Secret.

A text that holds a secret goes into a Secret, any other into a ConfigMap; both are named by content, so that a change
rolls the pods. Files are mounted one by one (`subPath`), so that what the image has beside them stays visible.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from platform_compiler.blueprint.context import Context
from platform_compiler.blueprint.fields import ExistingName, Matching, ObjectKey, Text
from platform_compiler.blueprint.traits.mounts import Mounts
from platform_compiler.graph.resource import Resource
from platform_compiler.graph.secret import SecretText
from platform_compiler.spec.validation import InputError, Model


class Key(Model):
    """One key of an object of the namespace that somebody else makes."""

    name: ExistingName = Field(description="The object's name.")
    key: ObjectKey = Field(description="The key in its data.")


FileMode = Annotated[str, Matching(r"0?[0-7]{3}", 'three octal digits in quotes, such as "0440"')]


class File(Model):
    """What a file holds: exactly one of a text and the key of an existing object."""

    content: Text | None = Field(None, description="The text; one that holds a secret is kept in a Secret.")
    config_map: Key | None = Field(None, description="A key of an existing ConfigMap.")
    secret: Key | None = Field(None, description="A key of an existing Secret.")
    mode: FileMode | None = Field(None, description='Permission bits in octal, in quotes, such as "0440".')

    @model_validator(mode="after")
    def _one_source(self) -> File:
        if sum(source is not None for source in (self.content, self.config_map, self.secret)) != 1:
            raise InputError("a file has one source", expected="one of content, config-map and secret")
        return self

    def volume(self, key: str, own: Resource | None) -> dict[str, Any]:
        """The volume source of the file; `own` is the object that holds its text under `key`, where it has one."""
        given = self.secret or self.config_map
        item: dict[str, Any] = {"key": given.key if given else key, "path": key}
        if self.mode:
            item["mode"] = int(self.mode, 8)
        name = given.name if given else own.name if own else ""
        if self.secret or (own and own.kind == "Secret"):
            return {"secret": {"secretName": name, "items": [item]}}
        return {"configMap": {"name": name, "items": [item]}}


def _from_text(value: object) -> object:
    return value if isinstance(value, dict | File) else {"content": value}


FileSource = Annotated[File, BeforeValidator(_from_text, json_schema_input_type=str | File)]
"""`/etc/app.conf: "text"` or `/etc/app.conf: {secret: {name: app, key: conf}}`."""


def file_mounts(ctx: Context, files: Mapping[str, File]) -> Mounts:
    """The volumes, mounts and objects of `files`, by path."""
    keys = {path: f"{index}-{path.rpartition('/')[2]}" for index, path in enumerate(sorted(files))}
    plain = {keys[path]: file.content for path, file in files.items() if isinstance(file.content, str)}
    secret = {keys[path]: file.content for path, file in files.items() if isinstance(file.content, SecretText)}
    objects: dict[type, Resource] = {}
    if plain:
        objects[str] = ctx.config_map("files", plain)
    if secret:
        objects[SecretText] = ctx.secret_object("secret-files", secret)
    volumes, mounts = [], []
    for index, (path, key) in enumerate(keys.items()):
        own = objects.get(type(files[path].content))
        volumes.append({"name": f"file-{index}", **files[path].volume(key, own)})
        mounts.append({"name": f"file-{index}", "mountPath": path, "subPath": key, "readOnly": True})
    return Mounts(volumes, mounts, tuple(objects.values()))
