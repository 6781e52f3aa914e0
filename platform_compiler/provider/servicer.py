"""The gRPC service: Pulumi's provider protocol around a backend (`pulumi/provider.proto`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty

from platform_compiler.plugin.messages import engine_pb2, engine_pb2_grpc, plugin_pb2, provider_pb2, provider_pb2_grpc
from platform_compiler.provider import VERSION
from platform_compiler.provider.backend import Backend, BackendError
from platform_compiler.provider.check import check
from platform_compiler.provider.diff import diff
from platform_compiler.provider.objects import InvalidObjectError, Object, field_manager, object_id
from platform_compiler.provider.render import RenderBackend
from platform_compiler.provider.wire import has_unknowns, reveal, secret, to_python, to_struct

_KINDS = provider_pb2.PropertyDiff.Kind
_DIFF_KINDS = {
    ("add", False): _KINDS.ADD,
    ("add", True): _KINDS.ADD_REPLACE,
    ("delete", False): _KINDS.DELETE,
    ("delete", True): _KINDS.DELETE_REPLACE,
    ("update", False): _KINDS.UPDATE,
    ("update", True): _KINDS.UPDATE_REPLACE,
}
CONNECTION = frozenset({"kubeconfig", "context", "cluster"})
WILL_RENDER = "rendered YAML will contain a secret value in plaintext"
ONLY_RENDER = (
    "the embedded provider has no cluster to talk to: it only renders to a folder (renderYamlToDirectory); "
    "install the official Kubernetes plugin for a cluster target"
)


class KubernetesProvider(provider_pb2_grpc.ResourceProviderServicer):
    """One provider instance; the engine configures it once, then calls it from many threads."""

    def __init__(self, engine: engine_pb2_grpc.EngineStub | None = None) -> None:
        self._engine = engine
        self._backend: Backend | None = None
        self._namespace: str | None = None

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002 - the protocol's name
        """Tell what the provider can take."""
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_resources=True, accept_outputs=False)

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002
        """Every config is taken as it is; what is wrong with it shows when it is used."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002
        """Another folder or another cluster is another target: everything in it is replaced."""
        old, new = to_python(request.olds), to_python(request.news)
        changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key) and key != "version")
        same_cluster = old.get("clusterIdentifier") and old.get("clusterIdentifier") == new.get("clusterIdentifier")
        moved = {"renderYamlToDirectory", "clusterIdentifier"} | (set() if same_cluster else CONNECTION)
        return provider_pb2.DiffResponse(
            changes=_changes_flag(bool(changed)),
            diffs=changed,
            replaces=[key for key in changed if key in moved],
        )

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Choose the backend by the provider's inputs."""
        args = reveal(to_python(request.args))
        folder = args.get("renderYamlToDirectory")
        if not folder:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, ONLY_RENDER)
        self._namespace = args.get("namespace")
        self._backend = RenderBackend(folder)
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=True, acceptOutputs=False
        )

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002
        """Complete and normalise inputs."""
        try:
            inputs = check(
                request.urn,
                to_python(request.news),
                to_python(request.olds),
                seed=request.randomSeed,
                namespace=self._namespace,
            )
        except InvalidObjectError as error:
            return provider_pb2.CheckResponse(
                failures=[provider_pb2.CheckFailure(property=error.field, reason=str(error))]
            )
        if inputs["kind"] == "Secret" and isinstance(self._backend, RenderBackend):
            self._log(request.urn, WILL_RENDER, warning=True)
        return provider_pb2.CheckResponse(inputs=to_struct(inputs))

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002
        """Compare stored inputs with new ones."""
        olds = to_python(request.olds)
        old = to_python(request.old_inputs) if len(request.old_inputs.fields) else olds.get("__inputs", olds)
        result = diff(old, to_python(request.news), ignore=request.ignoreChanges)
        return provider_pb2.DiffResponse(
            changes=_changes_flag(bool(result.changes)),
            diffs=sorted({str(change.path[0]) for change in result.changes}),
            replaces=result.replaces,
            deleteBeforeReplace=result.delete_first,
            hasDetailedDiff=True,
            detailedDiff={
                change.text: provider_pb2.PropertyDiff(kind=_DIFF_KINDS[change.kind, change.replace])
                for change in result.changes
            },
        )

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Make an object; a preview only says what it would be."""
        inputs = to_python(request.properties)
        if request.preview or has_unknowns(inputs):
            return provider_pb2.CreateResponse(properties=to_struct(inputs))
        live = self._apply(context, request.urn, lambda backend, report: backend.create(inputs, report))
        return provider_pb2.CreateResponse(
            id=object_id(inputs), properties=to_struct(_outputs(request.urn, inputs, live))
        )

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Bring an object to its new inputs."""
        inputs, olds = to_python(request.news), to_python(request.olds)
        if request.preview or has_unknowns(inputs):
            return provider_pb2.UpdateResponse(properties=to_struct(inputs))
        old = olds.get("__inputs", olds)
        live = self._apply(context, request.urn, lambda backend, report: backend.update(old, inputs, report))
        return provider_pb2.UpdateResponse(properties=to_struct(_outputs(request.urn, inputs, live, olds)))

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Remove an object."""
        olds = to_python(request.properties)
        old = olds.get("__inputs", olds)
        self._apply(context, request.urn, lambda backend, report: backend.delete(old, report))
        return Empty()

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """The object as it is now; an empty answer when it is gone."""
        olds, inputs = to_python(request.properties), to_python(request.inputs)
        known = inputs or olds.get("__inputs") or {}
        if not known:
            message = f"{request.id} cannot be imported from a folder: apply it from a spec instead"
            context.abort(grpc.StatusCode.UNIMPLEMENTED, message)
        live = self._apply(context, request.urn, lambda backend, _report: backend.read(known))
        if live is None:
            return provider_pb2.ReadResponse()
        outputs = _outputs(request.urn, known, live, olds)
        return provider_pb2.ReadResponse(id=request.id, properties=to_struct(outputs), inputs=to_struct(known))

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002
        """The version that the engine asked for."""
        return plugin_pb2.PluginInfo(version=VERSION)

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002
        """A valid schema without types: programs bring their own."""
        return provider_pb2.GetSchemaResponse(schema=f'{{"name": "kubernetes", "version": "{VERSION}"}}')

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002
        """A step is one file at most: it is finished, not stopped."""
        return Empty()

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002
        """Connect to another engine, for debugging."""
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(request.address))
        return Empty()

    def _apply(self, context: grpc.ServicerContext, urn: str, action: Callable[..., Any]) -> Any:
        if self._backend is None:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "the provider is not configured")

        def report(message: str, *, warning: bool = False) -> None:
            self._log(urn, message, warning=warning)

        try:
            return action(self._backend, report)
        except BackendError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))

    def _log(self, urn: str, message: str, *, warning: bool) -> None:
        if self._engine is not None:
            severity = engine_pb2.LogSeverity.WARNING if warning else engine_pb2.LogSeverity.INFO
            request = engine_pb2.LogRequest(severity=severity, urn=urn, message=message, ephemeral=not warning)
            self._engine.Log.future(request)


def _changes_flag(changed: bool) -> Any:
    kinds = provider_pb2.DiffResponse.DiffChanges
    return kinds.DIFF_SOME if changed else kinds.DIFF_NONE


def _outputs(urn: str, inputs: Object, live: Object, olds: Object | None = None) -> Object:
    """What goes into state: the object as it is, and what the provider needs to know of it next time."""
    olds = olds or {}
    outputs = {
        **live,
        "__fieldManager": olds.get("__fieldManager") or field_manager(urn),
        "__initialApiVersion": olds.get("__initialApiVersion") or inputs["apiVersion"],
        "__inputs": inputs,
    }
    if inputs.get("kind") == "Secret" and "data" in live:
        outputs["data"] = secret(live["data"])
    return outputs
