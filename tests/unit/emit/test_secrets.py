"""Secrets as texts of the cluster: the same value plain and as a part of a URL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from platform_compiler.compiler import compile_stack
from platform_compiler.emit.secrets import SecretValues, reveal
from platform_compiler.graph.secret import SecretRef, SecretText, percent_encoded

PASSWORD = SecretText((SecretRef("config", "shop", "pw"),))
VALUES = SecretValues({"shop:pw": "p@ss/w#rd"})
SPEC = """
app: shop
team: web
components:
  db: {{blueprint: {blueprint}@1, host: db.acme.test, password: "{password}"}}
  api: {{blueprint: worker@1, image: acme/api:1, env: {{URL: "${{components.db.url}}"}}}}
"""


def test_a_password_of_a_user_is_encoded_in_a_url_and_nowhere_else() -> None:
    url = SecretText.join("postgres://app:", percent_encoded(PASSWORD), "@db")
    assert reveal(url, VALUES) == "postgres://app:p%40ss%2Fw%23rd@db"
    assert reveal(PASSWORD, VALUES) == "p@ss/w#rd"
    assert percent_encoded("a b") == "a%20b"
    assert percent_encoded(SecretText(("/", *PASSWORD.parts))) == SecretText.join("%2F", percent_encoded(PASSWORD))


def test_only_an_encoded_secret_has_another_fingerprint() -> None:
    derived = SecretText((SecretRef("derived", "shop", "password", "db"),))
    assert percent_encoded(derived) == derived
    assert SecretText.join(percent_encoded(PASSWORD)).fingerprint({}) != PASSWORD.fingerprint({})
    assert PASSWORD.fingerprint({"shop:pw": "v1:x"}).startswith("9c5889f80514")


@pytest.mark.parametrize(
    ("blueprint", "url"),
    [
        ("external-postgres", "postgres://app:%s@db.acme.test:5432/app"),
        ("external-mysql", "mysql://app:%s@db.acme.test:3306/app"),
        ("external-redis", "rediss://:%s@db.acme.test:6379"),
        ("postgres", "postgres://app:%s@shop-db:5432/app"),
        ("mysql", "mysql://app:%s@shop-db:3306/app"),
    ],
)
def test_databases_offer_urls_that_hold(make_platform: Callable[..., Path], blueprint: str, url: str) -> None:
    for password, shown in (("${secrets.pw}", "p%40ss%2Fw%23rd"), ("a:b", "a%3Ab")):
        spec = SPEC.format(blueprint=blueprint, password=password)
        if not blueprint.startswith("external"):
            spec = spec.replace("host: db.acme.test, ", "")
        graph = compile_stack(make_platform({"apps/shop.yaml": spec}), "dev").graph
        assert reveal(graph.by_id["shop/api/secret"].manifest["stringData"]["URL"], VALUES) == url % shown
