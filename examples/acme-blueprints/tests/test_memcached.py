"""`memcached`: its example, its command line, and who may call it."""

from platform_compiler.pytest_plugin import AppFaults, CheckExamples, CompileApp

CACHE = "app: cache\nteam: store\nblueprint: memcached@1\n"


def test_examples(check_examples: CheckExamples) -> None:
    check_examples("memcached@1")


def test_memory_becomes_an_argument(compile_app: CompileApp) -> None:
    app = compile_app(CACHE + "megabytes: 100\nargs: [--verbose]\n")
    container = app["deployment/cache"].at("spec.template.spec.containers.cache")
    assert container["args"] == ["--memory-limit=100", "--verbose"]


def test_a_caller_of_another_app_is_let_in(compile_app: CompileApp) -> None:
    caller = "app: web\nteam: web\nblueprint: worker@1\nimage: acme/web:1\nenv: {CACHE: '${apps.cache.address}'}\n"
    app = compile_app(CACHE, caller)
    assert app["configmap/web-env"].at("data.CACHE") == "cache.store.svc:11211"
    assert app["networkpolicy/web-calls-cache"].at("metadata.namespace") == "store"


def test_too_much_memory_is_refused(app_faults: AppFaults) -> None:
    (fault,) = app_faults(CACHE + "megabytes: 5000\n")
    assert (fault.code, fault.expected) == ("PC204", "at most 4096")
