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


def suggest_name(text: str) -> str:
    """The nearest valid name, such as `my-app` for `My_App`; empty when nothing of it can be kept."""
    kept = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return kept.lstrip("0123456789-")[:MAX_NAME].rstrip("-")
