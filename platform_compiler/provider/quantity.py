"""Kubernetes quantities in the canonical form that the API server stores: `0.5` is `500m`, `1024Mi` is `1Gi`.

A quantity is a decimal number with a suffix: a power of 1000 (`m`, `k`, `M`), a power of 1024 (`Ki`, `Mi`) or an
exponent (`e3`). Canonical is the largest suffix of the same family for which the number stays whole. Powers of 1024
that are below 1024 or no whole number are written as decimals. What is smaller than a nano unit is rounded up to one.
Source: the Kubernetes API reference, "Quantity".
"""

from __future__ import annotations

import re
from decimal import ROUND_UP, Decimal
from typing import Final

_FORM: Final = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)\Z")
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY: Final = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL_SUFFIX: Final = {power: suffix for suffix, power in _DECIMAL.items()}
_BINARY_SUFFIX: Final = {0: "", **{power: suffix for suffix, power in _BINARY.items()}}


def canonical(value: str | float) -> str:
    """The canonical text of a quantity; raises ValueError for what is none."""
    match = _FORM.match(f"{value}".strip()) if not isinstance(value, bool) else None
    if match is None:
        raise ValueError(f"{value!r} is no quantity")
    number, exponent, suffix = Decimal(match[1]), match[2], match[3] or ""
    if exponent:
        return _decimal(number.scaleb(int(exponent[1:])), exponential=True)
    if suffix in _BINARY:
        return _binary(number * 1024 ** _BINARY[suffix])
    return _decimal(number.scaleb(_DECIMAL[suffix]), exponential=False)


def _binary(number: Decimal) -> str:
    if -1024 < number < 1024 or number != number.to_integral_value():
        return _decimal(number, exponential=False)
    whole, power = int(number), 0
    while whole % 1024 == 0 and power < max(_BINARY_SUFFIX):
        whole, power = whole // 1024, power + 1
    return f"{whole}{_BINARY_SUFFIX[power]}"


def _decimal(number: Decimal, *, exponential: bool) -> str:
    nanos = int(number.scaleb(9).to_integral_value(ROUND_UP))
    power = -9
    if nanos == 0:
        return "0"
    while nanos % 1000 == 0 and power < max(_DECIMAL_SUFFIX):
        nanos, power = nanos // 1000, power + 3
    if exponential:
        return f"{nanos}e{power}" if power else f"{nanos}"
    return f"{nanos}{_DECIMAL_SUFFIX[power]}"
