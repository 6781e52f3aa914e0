"""Secret texts to values. Runs only inside a Pulumi program, where the stack's config is decrypted.

Generated secrets are derived from one encrypted seed of the environment by HKDF (RFC 5869, SHA-256) over app,
component, name and version: the same in every run, different for every name, and never stored by us.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from platform_compiler.graph.secret import SEED_KEY, SecretRef, SecretText

DERIVED_BYTES = 24
"""192 bits: 32 characters of URL-safe base64, fit for any password field or URL."""


class MissingSecretError(Exception):
    """The stack's config has no value for a secret."""


@dataclass(frozen=True, slots=True, repr=False)
class SecretValues:
    """Decrypted config values by key."""

    by_key: Mapping[str, str]

    def value(self, reference: SecretRef) -> str:
        """The secret's value, as its place needs it; raises `MissingSecretError`."""
        try:
            value = self.by_key[reference.config_key]
        except KeyError:
            hint = f"pulumi config set --secret {reference.config_key}"
            if reference.config_key == SEED_KEY:
                hint += ' "$(openssl rand -hex 32)"'
            raise MissingSecretError(f"the stack has no secret {reference.config_key!r}; set it: {hint}") from None
        text = value if reference.kind == "config" else derive(value, reference.derivation)
        return quote(text, safe="") if reference.encoded else text


def reveal(text: SecretText, values: SecretValues) -> str:
    """The text with its secrets in place."""
    return "".join(values.value(part) if isinstance(part, SecretRef) else part for part in text.parts)


def derive(seed: str, info: str) -> str:
    """A generated secret: URL-safe text of `DERIVED_BYTES` bytes."""
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - heavy, and only clusters need it
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

    key = HKDF(algorithm=SHA256(), length=DERIVED_BYTES, salt=b"platc", info=info.encode()).derive(seed.encode())
    return base64.urlsafe_b64encode(key).decode()
