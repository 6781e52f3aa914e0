"""Secrets as the compiler sees them: names and ciphertexts, never values.

A `SecretRef` names a secret; a `SecretText` is a text with secrets in it. Neither can be turned into a string by
accident: `str()` and f-strings raise, so a secret cannot slip into a ConfigMap, a label or a message. Only the Pulumi
emitter, which runs inside the engine, replaces references by values, and marks the result secret.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True, slots=True)
class SecretRef:
    """One secret: a value from the stack's encrypted config, or one derived from the environment's seed.

    `config`: the stack's config key `<app>:<name>`. `derived`: HKDF of the seed over app, component, name and version.
    `encoded`: its place is inside a URL, so that what a URL gives a meaning to is percent-encoded when it is revealed.
    """

    kind: Literal["config", "derived"]
    app: str
    name: str
    component: str = ""
    version: int = 1
    encoded: bool = False

    @property
    def config_key(self) -> str:
        """The key in the stack's config that holds the ciphertext this secret depends on."""
        return f"{self.app}:{self.name}" if self.kind == "config" else SEED_KEY

    @property
    def derivation(self) -> str:
        """What a derived secret is derived over (HKDF's `info`, RFC 5869)."""
        return f"{self.app}/{self.component}/{self.name}/{self.version}"


SEED_KEY = "platform:seed"
"""The config key of the one seed that generated secrets are derived from."""


@dataclass(frozen=True, slots=True)
class SecretText:
    """A text that contains at least one secret, in order of its parts."""

    parts: tuple[str | SecretRef, ...]

    @classmethod
    def join(cls, *parts: str | int | SecretRef | SecretText) -> SecretText:
        """Concatenate texts, numbers and secrets."""
        flat: list[str | SecretRef] = []
        for part in parts:
            flat.extend(
                part.parts if isinstance(part, SecretText) else [part if isinstance(part, SecretRef) else str(part)]
            )
        return cls(tuple(part for part in flat if part != ""))

    @property
    def references(self) -> tuple[SecretRef, ...]:
        """The secrets in it."""
        return tuple(part for part in self.parts if isinstance(part, SecretRef))

    def fingerprint(self, ciphertexts: Mapping[str, str]) -> str:
        """A hash that changes when the secret does, made of ciphertexts and literal parts' hash, never of values."""
        digest = hashlib.sha256()
        for part in self.parts:
            if isinstance(part, SecretRef):
                text = f"{part.kind} {part.derivation} {ciphertexts.get(part.config_key, '')}"
                text += " encoded" if part.encoded else ""
            else:
                text = part
            digest.update(f"{type(part).__name__}:{len(text)}:{text};".encode())
        return digest.hexdigest()

    def __str__(self) -> str:
        raise TypeError("a secret cannot be turned into plain text; compose it with SecretText.join(...)")

    def __format__(self, _spec: str) -> str:
        return str(self)


def percent_encoded(text: str | SecretText) -> str | SecretText:
    """`text` as one part of a URL (RFC 3986), such as its password; derived secrets are safe as they are."""
    if isinstance(text, str):
        return _quoted(text)
    return SecretText(tuple(_quoted(part) if isinstance(part, str) else _encoded(part) for part in text.parts))


def _encoded(part: SecretRef) -> SecretRef:
    return replace(part, encoded=True) if part.kind == "config" else part


def _quoted(text: str) -> str:
    from urllib.parse import quote  # noqa: PLC0415 - not needed at start, and few passwords hold a literal part

    return quote(text, safe="")
