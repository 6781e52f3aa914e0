"""The gRPC service: Pulumi's provider protocol around a backend (`pulumi/provider.proto`).

The only module here that knows of gRPC's services. Each method turns messages into plain values, lets the rules
(`check`, `diff`, `config`) or the backend do the work, and turns the result into a message. An error that the user can
do something about becomes the answer's status with one line of text.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import grpc
from google.protobuf.empty_pb2 import Empty

from platform_compiler.plugin.messages import (
    engine_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)
from platform_compiler.provider import PACKAGE, VERSION
from platform_compiler.provider.adoption import ADOPT_VARIABLE, FORCE_VARIABLE
from platform_compiler.provider.backend import Backend, BackendError, NotReadyError, Operation
from platform_compiler.provider.check import Naming, Rules, check
from platform_compiler.provider.checkpoint import Stored, checkpoint, field_manager, read_checkpoint, with_dashes
from platform_compiler.provider.config import ProviderConfig, check_config, diff_config, read_config
from platform_compiler.provider.diff import Diff, Mutability, diff
from platform_compiler.provider.engine_log import EngineLog
from platform_compiler.provider.normalise import normalise
from platform_compiler.provider.objects import InvalidObjectError, Object, object_id, token_of
from platform_compiler.provider.prune import prune
from platform_compiler.provider.render import RenderBackend
from platform_compiler.provider.seen import Seen
from platform_compiler.provider.sensitive import mark_secrets
from platform_compiler.provider.wire import has_secrets, has_unknowns, reveal, to_python, to_struct

_KINDS = provider_pb2.PropertyDiff.Kind
_DIFF_KINDS = {
    ("add", False): _KINDS.ADD,
    ("add", True): _KINDS.ADD_REPLACE,
    ("delete", False): _KINDS.DELETE,
    ("delete", True): _KINDS.DELETE_REPLACE,
    ("update", False): _KINDS.UPDATE,
    ("update", True): _KINDS.UPDATE_REPLACE,
}
_CHANGES = provider_pb2.DiffResponse.DiffChanges
_NAMING = {0: "propose", 1: "enforce", 2: "disable"}
DETAILS = "grpc-status-details-bin"
"""The trailer in which gRPC carries the details of an error."""
NO_FUNCTIONS = "the embedded Kubernetes provider has no functions or components: {} needs the official plugin"


class KubernetesProvider(provider_pb2_grpc.ResourceProviderServicer):
    """One provider instance; the engine configures it once, then calls it from many threads."""

    def __init__(
        self, engine: engine_pb2_grpc.EngineStub | None = None, environment: Mapping[str, str] = os.environ
    ) -> None:
        self._log = EngineLog(engine)
        self._environment = environment
        self._config = ProviderConfig()
        self._backend: Backend | None = None
        self._seen = Seen()
        self._cancelled = threading.Event()

    # --- the provider itself

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002 - the protocol's name
        """Tell what the provider can take: the same as the official one, which decides what stands in state."""
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, supports_autonaming_configuration=True)

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002
        """Refuse a config that contradicts itself."""
        failures = check_config(to_python(request.news), self._environment)
        return provider_pb2.CheckResponse(
            inputs=request.news,
            failures=[provider_pb2.CheckFailure(property=key, reason=reason) for key, reason in failures],
        )

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Another folder or another cluster is another target: everything in it is replaced."""
        with _told(context):
            changed, replaces = diff_config(to_python(request.olds), to_python(request.news))
        return provider_pb2.DiffResponse(changes=_flag(changed), diffs=changed, replaces=replaces)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Choose the backend by the provider's inputs."""
        self._config = read_config(request.variables, to_python(request.args), self._environment)
        with _told(context):
            self._backend = _backend(self._config, self._environment)
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
        )

    # --- one resource

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Complete and normalise inputs."""
        try:
            inputs = check(
                request.urn,
                to_python(request.news),
                to_python(request.olds),
                naming=_naming(request),
                rules=Rules(self._config.namespace, self._config.client_side_apply, self._seen.scopes),
            )
            self._seen.note(request.urn, reveal(inputs))
        except InvalidObjectError as error:
            failure = provider_pb2.CheckFailure(property=error.field, reason=str(error))
            return provider_pb2.CheckResponse(inputs=request.news, failures=[failure])
        operation = self._operation(request)
        backend = self._configured(context)
        backend.check(reveal(inputs), operation.report, has_secrets=has_secrets(inputs))
        return provider_pb2.CheckResponse(inputs=to_struct(inputs))

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Compare an object with its new inputs."""
        stored = _stored(request.olds, request.old_inputs)
        mutability = Mutability(self._config.config_map_mutable, self._config.secret_mutable)
        with _told(context):
            result = diff(
                stored,
                to_python(request.news),
                ignore=request.ignoreChanges,
                scopes=self._seen.scopes,
                mutability=mutability,
            )
        return _diff_response(result, always=self._config.always_render)

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Make an object; what cannot be tried in a preview is what its inputs say."""
        backend, inputs = self._configured(context), to_python(request.properties)
        if request.preview and (not backend.previews or has_unknowns(inputs)):
            return provider_pb2.CreateResponse(properties=request.properties)
        obj = with_dashes(reveal(inputs))
        operation = self._operation(request, obj, inputs=inputs)
        version = str(obj["apiVersion"])
        with _told(context, lambda live: _outputs(obj, live, inputs, operation, version), request.properties):
            live = backend.create(obj, operation)
        outputs = _outputs(obj, live, inputs, operation, version)
        return provider_pb2.CreateResponse(id="" if request.preview else object_id(live), properties=outputs)

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Bring an object to its new inputs."""
        backend, inputs = self._configured(context), to_python(request.news)
        if request.preview and (not backend.previews or has_unknowns(inputs)):
            return provider_pb2.UpdateResponse(properties=request.news)
        stored, obj = _stored(request.olds, request.old_inputs), with_dashes(reveal(inputs))
        operation = self._operation(request, obj, inputs=inputs, stored=stored)
        version = stored.initial_api_version or str(obj["apiVersion"])
        with _told(context, lambda live: _outputs(obj, live, inputs, operation, version), request.news):
            live = backend.update(stored.live, obj, operation)
        return provider_pb2.UpdateResponse(properties=_outputs(obj, live, inputs, operation, version))

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Remove an object."""
        stored = _stored(request.properties, request.old_inputs)
        operation = self._operation(request, stored.inputs, stored=stored)
        with _told(context):
            self._configured(context).delete(stored.live, operation)
        return Empty()

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """The object as it is now; an empty answer when it is gone. Without state it is found by type and id."""
        stored, marked = _stored(request.properties, request.inputs), to_python(request.inputs)
        with _told(context):
            known = stored.live or _identity(request.urn, request.id)
            operation = self._operation(request, stored.inputs or known, stored=stored)
            live = self._configured(context).read(known, operation)
        if live is None:
            return provider_pb2.ReadResponse()
        inputs = normalise(prune(live, stored.inputs) if stored.inputs else live)
        version = stored.initial_api_version or str(inputs["apiVersion"])
        return provider_pb2.ReadResponse(
            id=request.id,
            properties=_outputs(inputs, live, marked, operation, version),
            inputs=to_struct(mark_secrets(inputs, marked)),
        )

    # --- the plugin

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002
        """The version that the engine asked for."""
        return plugin_pb2.PluginInfo(version=VERSION)

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002
        """A valid schema without types: programs bring their own."""
        return provider_pb2.GetSchemaResponse(schema=f'{{"name": "{PACKAGE}", "version": "{VERSION}"}}')

    def GetMapping(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002
        """Other tools' names for the types: none."""
        return provider_pb2.GetMappingResponse()

    def GetMappings(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002
        """Tools whose names are known: none."""
        return provider_pb2.GetMappingsResponse()

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Functions are not offered."""
        _unimplemented(context, request.tok)

    def Call(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Methods are not offered."""
        _unimplemented(context, request.tok)

    def Construct(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Components are not offered."""
        _unimplemented(context, request.type)

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002
        """Tell running operations to come to an end; the engine starts no more of them."""
        self._cancelled.set()
        return Empty()

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002
        """Connect to another engine, for debugging."""
        self._log = EngineLog(engine_pb2_grpc.EngineStub(grpc.insecure_channel(request.address)))
        return Empty()

    # --- helpers

    def _configured(self, context: grpc.ServicerContext) -> Backend:
        if self._backend is None:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "the provider is not configured")
            raise AssertionError("abort has raised")
        return self._backend

    def _operation(
        self, request: Any, obj: Object | None = None, *, inputs: Object | None = None, stored: Stored | None = None
    ) -> Operation:
        """What surrounds a call for `request`; `obj` names the field manager, `inputs` tell whether it has secrets."""
        urn = request.urn

        def report(message: str, *, warning: bool = False) -> None:
            self._log.tell(urn, message, warning=warning)

        return Operation(
            urn,
            report,
            self._cancelled,
            id=getattr(request, "id", ""),
            field_manager=field_manager(
                urn,
                obj or {},
                stored.field_manager if stored else "",
                client_side_apply=self._config.client_side_apply,
            ),
            timeout=getattr(request, "timeout", 0),
            preview=getattr(request, "preview", False),
            has_secrets=has_secrets(inputs),
            ignore_changes=tuple(getattr(request, "ignoreChanges", ())),
        )


def _backend(config: ProviderConfig, environment: Mapping[str, str]) -> Backend:
    """The target that the config names. The client of clusters is loaded for those only: it takes a while."""
    if config.render_folder:
        return RenderBackend(config.render_folder)
    from platform_compiler.cluster.client import connect  # noqa: PLC0415 - see above
    from platform_compiler.cluster.errors import ClusterError  # noqa: PLC0415 - see above
    from platform_compiler.provider.cluster import ClusterBackend  # noqa: PLC0415 - see above

    try:
        cluster = connect(*config.connection)
    except ClusterError as error:
        raise BackendError(str(error)) from None
    adopt = filter(None, environment.get(ADOPT_VARIABLE, "").split(","))
    return ClusterBackend(cluster, adopt=adopt, force=environment.get(FORCE_VARIABLE) == "1")


@contextmanager
def _told(
    context: grpc.ServicerContext, outputs: Callable[[Object], Any] | None = None, inputs: Any = None
) -> Iterator[None]:
    """Answer with an error that the user can do something about.

    An object that is there but not ready goes into state with its `outputs`, so that the next run knows of it.
    """
    try:
        yield
    except NotReadyError as error:
        if outputs is not None:
            detail = provider_pb2.ErrorResourceInitFailed(
                id=object_id(error.live), properties=outputs(error.live), reasons=[str(error)], inputs=inputs
            )
            context.set_trailing_metadata(((DETAILS, _status(str(error), detail)),))
        context.abort(grpc.StatusCode.UNKNOWN, str(error))
    except (BackendError, ValueError) as error:
        context.abort(grpc.StatusCode.UNKNOWN, str(error))


def _status(message: str, detail: Any) -> bytes:
    """A `google.rpc.Status` with a detail, as gRPC sends it beside an error."""
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=message)
    status.details.add().Pack(detail)
    serialized: bytes = status.SerializeToString()
    return serialized


def _unimplemented(context: grpc.ServicerContext, token: str) -> NoReturn:
    context.abort(grpc.StatusCode.UNIMPLEMENTED, NO_FUNCTIONS.format(token))
    raise AssertionError("abort has raised")


def _naming(request: Any) -> Naming:
    if not request.HasField("autonaming"):
        return Naming(request.randomSeed)
    mode: Any = _NAMING[request.autonaming.mode]
    return Naming(request.randomSeed, mode, request.autonaming.proposed_name)


def _stored(properties: Any, inputs: Any) -> Stored:
    """A resource's state; where it has no inputs of its own, as after an import, the engine's are taken."""
    stored = read_checkpoint(to_python(properties))
    if stored.inputs:
        return stored
    known = with_dashes(reveal(to_python(inputs)))
    return Stored(known, stored.live or known, stored.field_manager, stored.initial_api_version)


def _identity(urn: str, identifier: str) -> Object:
    token = token_of(urn)
    namespace, _, name = identifier.rpartition("/")
    place = {"namespace": namespace} if namespace else {}
    return {"apiVersion": token.api_version, "kind": token.kind, "metadata": {"name": name, **place}}


def _outputs(inputs: Object, live: Object, marked: Object, operation: Operation, version: str) -> Any:
    manager = operation.field_manager
    return to_struct(checkpoint(inputs, live, marked=marked, field_manager=manager, initial_api_version=version))


def _flag(changed: Any) -> Any:
    return _CHANGES.DIFF_SOME if changed else _CHANGES.DIFF_NONE


def _diff_response(result: Diff, *, always: bool) -> Any:
    return provider_pb2.DiffResponse(
        changes=_flag(always or result.changes),
        replaces=result.replaces,
        deleteBeforeReplace=result.delete_first,
        hasDetailedDiff=True,
        detailedDiff={
            change.text: provider_pb2.PropertyDiff(
                kind=_DIFF_KINDS[change.kind, change.replace], inputDiff=change.kind == "delete"
            )
            for change in result.changes
        },
    )
