"""Names that end up in Kubernetes: DNS labels that start with a letter (RFC 1035), as Services require."""

from __future__ import annotations

import re
from typing import Final

MAX_NAME: Final = 63
_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?\Z")
EXPECTED_NAME: Final = "lower-case letters, digits and dashes, starting with a letter, at most 63 characters"


def is_name(text: object) -> bool:
    """Whether `text` can name an app, a component, a team or an environment."""
    return isinstance(text, str) and len(text) <= MAX_NAME and _LABEL.match(text) is not None


_LABEL_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
MAX_DOMAIN: Final = 253


def is_label(text: str) -> bool:
    """Whether `text` can name a namespace (RFC 1123): unlike other names, it may start with a digit."""
    fits = 0 < len(text) <= MAX_NAME and _LABEL_CHARACTERS.issuperset(text)
    return fits and text[0] != "-" != text[-1]


def is_domain(text: str) -> bool:
    """Whether `text` is a DNS name in lower case."""
    return len(text) <= MAX_DOMAIN and all(is_label(part) for part in text.split("."))


def is_authority(text: str) -> bool:
    """Whether `text` is a DNS name in lower case, with or without a port, as between `//` and `/` in a URL."""
    name, colon, port = text.partition(":")
    return is_domain(name) and (not colon or _is_port(port))


def _is_port(text: str) -> bool:
    return re.fullmatch("[1-9][0-9]{0,4}", text) is not None and int(text) < 2**16


def suggest_name(text: str) -> str:
    """The nearest valid name, such as `my-app` for `My_App`; empty when nothing of it can be kept."""
    kept = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return kept.lstrip("0123456789-")[:MAX_NAME].rstrip("-")
