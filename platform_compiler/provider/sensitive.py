"""Where secrets are in an object, after it has been rewritten.

Check and the backends work on revealed values, for a merge or a cluster knows nothing of Pulumi's marks. Afterwards
the marks are put back by comparison with the marked inputs: a value at the same place is secret again. Within a list
items may have moved, so the whole list becomes secret; a change of shape makes the whole value secret. The data of a
Secret is always secret, whether its author marked it or not.
"""

from __future__ import annotations

from platform_compiler.provider.objects import Object
from platform_compiler.provider.wire import has_secrets, is_secret, secret

SECRET_FIELDS = ("data", "stringData")


def mark_secrets(obj: Object, marked: Object) -> Object:
    """`obj` with the marks that `marked` has at the same places."""
    result = _copy_marks(obj, marked)
    if obj.get("kind") == "Secret":
        result |= {field: secret(result[field]) for field in SECRET_FIELDS if field in result}
    return result


def _copy_marks(obj: Object, marked: Object) -> Object:
    result = dict(obj)
    for key, mark in marked.items():
        value = result.get(key)
        if key not in result or is_secret(value):
            continue
        if isinstance(value, dict) and isinstance(mark, dict) and not is_secret(mark):
            result[key] = _copy_marks(value, mark)
        elif has_secrets(mark):
            result[key] = secret(value)
    return result
