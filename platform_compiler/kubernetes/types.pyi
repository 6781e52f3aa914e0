# Written by scripts/kubernetes_types.py from schema.txt.
from typing import Any, Literal, Required, TypedDict

class AWSElasticBlockStoreVolumeSource(TypedDict, total=False):
    fsType: str
    partition: int
    readOnly: bool
    volumeID: Required[str]

class Affinity(TypedDict, total=False):
    nodeAffinity: NodeAffinity
    podAffinity: PodAffinity
    podAntiAffinity: PodAntiAffinity

class AggregationRule(TypedDict, total=False):
    clusterRoleSelectors: list[LabelSelector]

class AppArmorProfile(TypedDict, total=False):
    localhostProfile: str
    type: Required[Literal["Localhost", "RuntimeDefault", "Unconfined"]]

class AzureDiskVolumeSource(TypedDict, total=False):
    cachingMode: Literal["None", "ReadOnly", "ReadWrite"]
    diskName: Required[str]
    diskURI: Required[str]
    fsType: str
    kind: Literal["Dedicated", "Managed", "Shared"]
    readOnly: bool

class AzureFileVolumeSource(TypedDict, total=False):
    readOnly: bool
    secretName: Required[str]
    shareName: Required[str]

class CSIVolumeSource(TypedDict, total=False):
    driver: Required[str]
    fsType: str
    nodePublishSecretRef: LocalObjectReference
    readOnly: bool
    volumeAttributes: dict[str, str]

class Capabilities(TypedDict, total=False):
    add: list[str]
    drop: list[str]

class CephFSVolumeSource(TypedDict, total=False):
    monitors: Required[list[str]]
    path: str
    readOnly: bool
    secretFile: str
    secretRef: LocalObjectReference
    user: str

class CinderVolumeSource(TypedDict, total=False):
    fsType: str
    readOnly: bool
    secretRef: LocalObjectReference
    volumeID: Required[str]

class ClientIPConfig(TypedDict, total=False):
    timeoutSeconds: int

class ClusterTrustBundleProjection(TypedDict, total=False):
    labelSelector: LabelSelector
    name: str
    optional: bool
    path: Required[str]
    signerName: str

class ConfigMapEnvSource(TypedDict, total=False):
    name: str
    optional: bool

class ConfigMapKeySelector(TypedDict, total=False):
    key: Required[str]
    name: str
    optional: bool

class ConfigMapProjection(TypedDict, total=False):
    items: list[KeyToPath]
    name: str
    optional: bool

class ConfigMapVolumeSource(TypedDict, total=False):
    defaultMode: int
    items: list[KeyToPath]
    name: str
    optional: bool

class Container(TypedDict, total=False):
    args: list[str]
    command: list[str]
    env: list[EnvVar]
    envFrom: list[EnvFromSource]
    image: str
    imagePullPolicy: Literal["Always", "IfNotPresent", "Never"]
    lifecycle: Lifecycle
    livenessProbe: Probe
    name: Required[str]
    ports: list[ContainerPort]
    readinessProbe: Probe
    resizePolicy: list[ContainerResizePolicy]
    resources: ResourceRequirements
    restartPolicy: str
    restartPolicyRules: list[ContainerRestartRule]
    securityContext: SecurityContext
    startupProbe: Probe
    stdin: bool
    stdinOnce: bool
    terminationMessagePath: str
    terminationMessagePolicy: Literal["FallbackToLogsOnError", "File"]
    tty: bool
    volumeDevices: list[VolumeDevice]
    volumeMounts: list[VolumeMount]
    workingDir: str

class ContainerPort(TypedDict, total=False):
    containerPort: Required[int]
    hostIP: str
    hostPort: int
    name: str
    protocol: Literal["SCTP", "TCP", "UDP"]

class ContainerResizePolicy(TypedDict, total=False):
    resourceName: Required[str]
    restartPolicy: Required[str]

class ContainerResourceMetricSource(TypedDict, total=False):
    container: Required[str]
    name: Required[str]
    target: Required[MetricTarget]

class ContainerRestartRule(TypedDict, total=False):
    action: Required[str]
    exitCodes: ContainerRestartRuleOnExitCodes

class ContainerRestartRuleOnExitCodes(TypedDict, total=False):
    operator: Required[str]
    values: list[int]

class CronJobSpec(TypedDict, total=False):
    concurrencyPolicy: Literal["Allow", "Forbid", "Replace"]
    failedJobsHistoryLimit: int
    jobTemplate: Required[JobTemplateSpec]
    schedule: Required[str]
    startingDeadlineSeconds: int
    successfulJobsHistoryLimit: int
    suspend: bool
    timeZone: str

class CrossVersionObjectReference(TypedDict, total=False):
    apiVersion: str
    kind: Required[str]
    name: Required[str]

class DaemonSetSpec(TypedDict, total=False):
    minReadySeconds: int
    revisionHistoryLimit: int
    selector: Required[LabelSelector]
    template: Required[PodTemplateSpec | dict[str, Any]]
    updateStrategy: DaemonSetUpdateStrategy

class DaemonSetUpdateStrategy(TypedDict, total=False):
    rollingUpdate: RollingUpdateDaemonSet
    type: Literal["OnDelete", "RollingUpdate"]

class DeploymentSpec(TypedDict, total=False):
    minReadySeconds: int
    paused: bool
    progressDeadlineSeconds: int
    replicas: int
    revisionHistoryLimit: int
    selector: Required[LabelSelector]
    strategy: DeploymentStrategy
    template: Required[PodTemplateSpec | dict[str, Any]]

class DeploymentStrategy(TypedDict, total=False):
    rollingUpdate: RollingUpdateDeployment
    type: Literal["Recreate", "RollingUpdate"]

class DownwardAPIProjection(TypedDict, total=False):
    items: list[DownwardAPIVolumeFile]

class DownwardAPIVolumeFile(TypedDict, total=False):
    fieldRef: ObjectFieldSelector
    mode: int
    path: Required[str]
    resourceFieldRef: ResourceFieldSelector

class DownwardAPIVolumeSource(TypedDict, total=False):
    defaultMode: int
    items: list[DownwardAPIVolumeFile]

class EmptyDirVolumeSource(TypedDict, total=False):
    medium: str
    sizeLimit: str | float

class EnvFromSource(TypedDict, total=False):
    configMapRef: ConfigMapEnvSource
    prefix: str
    secretRef: SecretEnvSource

class EnvVar(TypedDict, total=False):
    name: Required[str]
    value: str
    valueFrom: EnvVarSource

class EnvVarSource(TypedDict, total=False):
    configMapKeyRef: ConfigMapKeySelector
    fieldRef: ObjectFieldSelector
    fileKeyRef: FileKeySelector
    resourceFieldRef: ResourceFieldSelector
    secretKeyRef: SecretKeySelector

class EphemeralContainer(TypedDict, total=False):
    args: list[str]
    command: list[str]
    env: list[EnvVar]
    envFrom: list[EnvFromSource]
    image: str
    imagePullPolicy: Literal["Always", "IfNotPresent", "Never"]
    lifecycle: Lifecycle
    livenessProbe: Probe
    name: Required[str]
    ports: list[ContainerPort]
    readinessProbe: Probe
    resizePolicy: list[ContainerResizePolicy]
    resources: ResourceRequirements
    restartPolicy: str
    restartPolicyRules: list[ContainerRestartRule]
    securityContext: SecurityContext
    startupProbe: Probe
    stdin: bool
    stdinOnce: bool
    targetContainerName: str
    terminationMessagePath: str
    terminationMessagePolicy: Literal["FallbackToLogsOnError", "File"]
    tty: bool
    volumeDevices: list[VolumeDevice]
    volumeMounts: list[VolumeMount]
    workingDir: str

class EphemeralVolumeSource(TypedDict, total=False):
    volumeClaimTemplate: PersistentVolumeClaimTemplate

class EvictionResponder(TypedDict, total=False):
    pass

class ExecAction(TypedDict, total=False):
    command: list[str]

class ExternalMetricSource(TypedDict, total=False):
    metric: Required[MetricIdentifier]
    target: Required[MetricTarget]

class FCVolumeSource(TypedDict, total=False):
    fsType: str
    lun: int
    readOnly: bool
    targetWWNs: list[str]
    wwids: list[str]

class FileKeySelector(TypedDict, total=False):
    key: Required[str]
    optional: bool
    path: Required[str]
    volumeName: Required[str]

class FlexVolumeSource(TypedDict, total=False):
    driver: Required[str]
    fsType: str
    options: dict[str, str]
    readOnly: bool
    secretRef: LocalObjectReference

class FlockerVolumeSource(TypedDict, total=False):
    datasetName: str
    datasetUUID: str

class GCEPersistentDiskVolumeSource(TypedDict, total=False):
    fsType: str
    partition: int
    pdName: Required[str]
    readOnly: bool

class GRPCAction(TypedDict, total=False):
    port: Required[int]
    service: str

class GitRepoVolumeSource(TypedDict, total=False):
    directory: str
    repository: Required[str]
    revision: str

class GlusterfsVolumeSource(TypedDict, total=False):
    endpoints: Required[str]
    path: Required[str]
    readOnly: bool

class HPAScalingPolicy(TypedDict, total=False):
    periodSeconds: Required[int]
    type: Required[str]
    value: Required[int]

class HPAScalingRules(TypedDict, total=False):
    policies: list[HPAScalingPolicy]
    selectPolicy: str
    stabilizationWindowSeconds: int
    tolerance: str | float

class HTTPGetAction(TypedDict, total=False):
    host: str
    httpHeaders: list[HTTPHeader]
    path: str
    port: Required[int | str]
    scheme: Literal["HTTP", "HTTPS"]

class HTTPHeader(TypedDict, total=False):
    name: Required[str]
    value: Required[str]

class HTTPIngressPath(TypedDict, total=False):
    backend: Required[IngressBackend]
    path: str
    pathType: Required[Literal["Exact", "ImplementationSpecific", "Prefix"]]

class HTTPIngressRuleValue(TypedDict, total=False):
    paths: Required[list[HTTPIngressPath]]

class HorizontalPodAutoscalerBehavior(TypedDict, total=False):
    scaleDown: HPAScalingRules
    scaleUp: HPAScalingRules

class HorizontalPodAutoscalerSpec(TypedDict, total=False):
    behavior: HorizontalPodAutoscalerBehavior
    maxReplicas: Required[int]
    metrics: list[MetricSpec]
    minReplicas: int
    scaleTargetRef: Required[CrossVersionObjectReference]

class HostAlias(TypedDict, total=False):
    hostnames: list[str]
    ip: Required[str]

class HostPathVolumeSource(TypedDict, total=False):
    path: Required[str]
    type: Literal["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"]

IPBlock = TypedDict(
    "IPBlock",
    {
        "cidr": Required[str],
        "except": list[str],
    },
    total=False,
)

class ISCSIVolumeSource(TypedDict, total=False):
    chapAuthDiscovery: bool
    chapAuthSession: bool
    fsType: str
    initiatorName: str
    iqn: Required[str]
    iscsiInterface: str
    lun: Required[int]
    portals: list[str]
    readOnly: bool
    secretRef: LocalObjectReference
    targetPortal: Required[str]

class ImageVolumeSource(TypedDict, total=False):
    pullPolicy: Literal["Always", "IfNotPresent", "Never"]
    reference: str

class IngressBackend(TypedDict, total=False):
    resource: TypedLocalObjectReference
    service: IngressServiceBackend

class IngressRule(TypedDict, total=False):
    host: str
    http: HTTPIngressRuleValue

class IngressServiceBackend(TypedDict, total=False):
    name: Required[str]
    port: ServiceBackendPort

class IngressSpec(TypedDict, total=False):
    defaultBackend: IngressBackend
    ingressClassName: str
    rules: list[IngressRule]
    tls: list[IngressTLS]

class IngressTLS(TypedDict, total=False):
    hosts: list[str]
    secretName: str

class JobSchedulingConfiguration(TypedDict, total=False):
    pass

class JobSpec(TypedDict, total=False):
    activeDeadlineSeconds: int
    backoffLimit: int
    backoffLimitPerIndex: int
    completionMode: Literal["Indexed", "NonIndexed"]
    completions: int
    managedBy: str
    manualSelector: bool
    maxFailedIndexes: int
    parallelism: int
    podFailurePolicy: PodFailurePolicy
    podReplacementPolicy: Literal["Failed", "TerminatingOrFailed"]
    selector: LabelSelector
    successPolicy: SuccessPolicy
    suspend: bool
    template: Required[PodTemplateSpec | dict[str, Any]]
    ttlSecondsAfterFinished: int

class JobTemplateSpec(TypedDict, total=False):
    metadata: ObjectMeta
    spec: JobSpec | dict[str, Any]

class KeyToPath(TypedDict, total=False):
    key: Required[str]
    mode: int
    path: Required[str]

class LabelSelector(TypedDict, total=False):
    matchExpressions: list[LabelSelectorRequirement]
    matchLabels: dict[str, str]

class LabelSelectorRequirement(TypedDict, total=False):
    key: Required[str]
    operator: Required[str]
    values: list[str]

class Lifecycle(TypedDict, total=False):
    postStart: LifecycleHandler
    preStop: LifecycleHandler
    stopSignal: Literal["SIGABRT", "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCLD", "SIGCONT", "SIGFPE", "SIGHUP", "SIGILL", "SIGINT", "SIGIO", "SIGIOT", "SIGKILL", "SIGPIPE", "SIGPOLL", "SIGPROF", "SIGPWR", "SIGQUIT", "SIGRTMAX", "SIGRTMAX-1", "SIGRTMAX-10", "SIGRTMAX-11", "SIGRTMAX-12", "SIGRTMAX-13", "SIGRTMAX-14", "SIGRTMAX-2", "SIGRTMAX-3", "SIGRTMAX-4", "SIGRTMAX-5", "SIGRTMAX-6", "SIGRTMAX-7", "SIGRTMAX-8", "SIGRTMAX-9", "SIGRTMIN", "SIGRTMIN+1", "SIGRTMIN+10", "SIGRTMIN+11", "SIGRTMIN+12", "SIGRTMIN+13", "SIGRTMIN+14", "SIGRTMIN+15", "SIGRTMIN+2", "SIGRTMIN+3", "SIGRTMIN+4", "SIGRTMIN+5", "SIGRTMIN+6", "SIGRTMIN+7", "SIGRTMIN+8", "SIGRTMIN+9", "SIGSEGV", "SIGSTKFLT", "SIGSTOP", "SIGSYS", "SIGTERM", "SIGTRAP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGUSR1", "SIGUSR2", "SIGVTALRM", "SIGWINCH", "SIGXCPU", "SIGXFSZ"]

class LifecycleHandler(TypedDict, total=False):
    exec: ExecAction
    httpGet: HTTPGetAction
    sleep: SleepAction
    tcpSocket: TCPSocketAction

class LimitRangeItem(TypedDict, total=False):
    default: dict[str, str | float]
    defaultRequest: dict[str, str | float]
    max: dict[str, str | float]
    maxLimitRequestRatio: dict[str, str | float]
    min: dict[str, str | float]
    type: Required[str]

class LimitRangeSpec(TypedDict, total=False):
    limits: Required[list[LimitRangeItem]]

class LocalObjectReference(TypedDict, total=False):
    name: str

class ManagedFieldsEntry(TypedDict, total=False):
    apiVersion: str
    fieldsType: str
    fieldsV1: Any
    manager: str
    operation: str
    subresource: str
    time: str

class MetricIdentifier(TypedDict, total=False):
    name: Required[str]
    selector: LabelSelector

class MetricSpec(TypedDict, total=False):
    containerResource: ContainerResourceMetricSource
    external: ExternalMetricSource
    object: ObjectMetricSource
    pods: PodsMetricSource
    resource: ResourceMetricSource
    type: Required[str]

class MetricTarget(TypedDict, total=False):
    averageUtilization: int
    averageValue: str | float
    type: Required[str]
    value: str | float

class ModifyVolumeStatus(TypedDict, total=False):
    status: Required[Literal["InProgress", "Infeasible", "Pending"]]
    targetVolumeAttributesClassName: str

class NFSVolumeSource(TypedDict, total=False):
    path: Required[str]
    readOnly: bool
    server: Required[str]

class NetworkPolicyEgressRule(TypedDict, total=False):
    ports: list[NetworkPolicyPort]
    to: list[NetworkPolicyPeer]

NetworkPolicyIngressRule = TypedDict(
    "NetworkPolicyIngressRule",
    {
        "from": list[NetworkPolicyPeer],
        "ports": list[NetworkPolicyPort],
    },
    total=False,
)

class NetworkPolicyPeer(TypedDict, total=False):
    ipBlock: IPBlock
    namespaceSelector: LabelSelector
    podSelector: LabelSelector

class NetworkPolicyPort(TypedDict, total=False):
    endPort: int
    port: int | str
    protocol: Literal["SCTP", "TCP", "UDP"]

class NetworkPolicySpec(TypedDict, total=False):
    egress: list[NetworkPolicyEgressRule]
    ingress: list[NetworkPolicyIngressRule]
    podSelector: LabelSelector
    policyTypes: list[Literal["Egress", "Ingress"]]

class NodeAffinity(TypedDict, total=False):
    preferredDuringSchedulingIgnoredDuringExecution: list[PreferredSchedulingTerm]
    requiredDuringSchedulingIgnoredDuringExecution: NodeSelector

class NodeSelector(TypedDict, total=False):
    nodeSelectorTerms: Required[list[NodeSelectorTerm]]

class NodeSelectorRequirement(TypedDict, total=False):
    key: Required[str]
    operator: Required[Literal["DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn"]]
    values: list[str]

class NodeSelectorTerm(TypedDict, total=False):
    matchExpressions: list[NodeSelectorRequirement]
    matchFields: list[NodeSelectorRequirement]

class ObjectFieldSelector(TypedDict, total=False):
    apiVersion: str
    fieldPath: Required[str]

class ObjectMeta(TypedDict, total=False):
    annotations: dict[str, str]
    creationTimestamp: str
    deletionGracePeriodSeconds: int
    deletionTimestamp: str
    finalizers: list[str]
    generateName: str
    generation: int
    labels: dict[str, str]
    managedFields: list[ManagedFieldsEntry]
    name: str
    namespace: str
    ownerReferences: list[OwnerReference]
    resourceVersion: str
    selfLink: str
    uid: str

class ObjectMetricSource(TypedDict, total=False):
    describedObject: Required[CrossVersionObjectReference]
    metric: Required[MetricIdentifier]
    target: Required[MetricTarget]

class OwnerReference(TypedDict, total=False):
    apiVersion: Required[str]
    blockOwnerDeletion: bool
    controller: bool
    kind: Required[str]
    name: Required[str]
    uid: Required[str]

class PersistentVolumeClaim(TypedDict, total=False):
    apiVersion: str
    kind: str
    metadata: ObjectMeta
    spec: PersistentVolumeClaimSpec
    status: PersistentVolumeClaimStatus

class PersistentVolumeClaimCondition(TypedDict, total=False):
    lastProbeTime: str
    lastTransitionTime: str
    message: str
    reason: str
    status: Required[str]
    type: Required[str]

class PersistentVolumeClaimSpec(TypedDict, total=False):
    accessModes: list[Literal["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]]
    dataSource: TypedLocalObjectReference
    dataSourceRef: TypedObjectReference
    resources: VolumeResourceRequirements
    selector: LabelSelector
    storageClassName: str
    volumeAttributesClassName: str
    volumeMode: Literal["Block", "Filesystem"]
    volumeName: str

class PersistentVolumeClaimStatus(TypedDict, total=False):
    accessModes: list[Literal["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]]
    allocatedResourceStatuses: dict[str, Literal["ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending"]]
    allocatedResources: dict[str, str | float]
    capacity: dict[str, str | float]
    conditions: list[PersistentVolumeClaimCondition]
    currentVolumeAttributesClassName: str
    modifyVolumeStatus: ModifyVolumeStatus
    phase: Literal["Bound", "Lost", "Pending"]

class PersistentVolumeClaimTemplate(TypedDict, total=False):
    metadata: ObjectMeta
    spec: Required[PersistentVolumeClaimSpec]

class PersistentVolumeClaimVolumeSource(TypedDict, total=False):
    claimName: Required[str]
    readOnly: bool

class PhotonPersistentDiskVolumeSource(TypedDict, total=False):
    fsType: str
    pdID: Required[str]

class PodAffinity(TypedDict, total=False):
    preferredDuringSchedulingIgnoredDuringExecution: list[WeightedPodAffinityTerm]
    requiredDuringSchedulingIgnoredDuringExecution: list[PodAffinityTerm]

class PodAffinityTerm(TypedDict, total=False):
    labelSelector: LabelSelector
    matchLabelKeys: list[str]
    mismatchLabelKeys: list[str]
    namespaceSelector: LabelSelector
    namespaces: list[str]
    topologyKey: Required[str]

class PodAntiAffinity(TypedDict, total=False):
    preferredDuringSchedulingIgnoredDuringExecution: list[WeightedPodAffinityTerm]
    requiredDuringSchedulingIgnoredDuringExecution: list[PodAffinityTerm]

class PodCertificateProjection(TypedDict, total=False):
    certificateChainPath: str
    credentialBundlePath: str
    keyPath: str
    keyType: Required[str]
    maxExpirationSeconds: int
    signerName: Required[str]

class PodDNSConfig(TypedDict, total=False):
    nameservers: list[str]
    options: list[PodDNSConfigOption]
    searches: list[str]

class PodDNSConfigOption(TypedDict, total=False):
    name: str
    value: str

class PodDisruptionBudgetSpec(TypedDict, total=False):
    maxUnavailable: int | str
    minAvailable: int | str
    selector: LabelSelector
    unhealthyPodEvictionPolicy: Literal["AlwaysAllow", "IfHealthyBudget"]

class PodFailurePolicy(TypedDict, total=False):
    rules: Required[list[PodFailurePolicyRule]]

class PodFailurePolicyOnExitCodesRequirement(TypedDict, total=False):
    containerName: str
    operator: Required[Literal["In", "NotIn"]]
    values: Required[list[int]]

class PodFailurePolicyOnPodConditionsPattern(TypedDict, total=False):
    status: str
    type: Required[str]

class PodFailurePolicyRule(TypedDict, total=False):
    action: Required[Literal["Count", "FailIndex", "FailJob", "Ignore"]]
    onExitCodes: PodFailurePolicyOnExitCodesRequirement
    onPodConditions: list[PodFailurePolicyOnPodConditionsPattern]

class PodOS(TypedDict, total=False):
    name: Required[str]

class PodReadinessGate(TypedDict, total=False):
    conditionType: Required[str]

class PodResourceClaim(TypedDict, total=False):
    name: Required[str]
    resourceClaimName: str
    resourceClaimTemplateName: str

class PodSchedulingGate(TypedDict, total=False):
    name: Required[str]

class PodSchedulingGroup(TypedDict, total=False):
    pass

class PodSecurityContext(TypedDict, total=False):
    appArmorProfile: AppArmorProfile
    fsGroup: int
    fsGroupChangePolicy: Literal["Always", "OnRootMismatch"]
    runAsGroup: int
    runAsNonRoot: bool
    runAsUser: int
    seLinuxChangePolicy: str
    seLinuxOptions: SELinuxOptions
    seccompProfile: SeccompProfile
    supplementalGroups: list[int]
    supplementalGroupsPolicy: Literal["Merge", "Strict"]
    sysctls: list[Sysctl]
    windowsOptions: WindowsSecurityContextOptions

class PodSpec(TypedDict, total=False):
    activeDeadlineSeconds: int
    affinity: Affinity
    automountServiceAccountToken: bool
    containers: Required[list[Container]]
    dnsConfig: PodDNSConfig
    dnsPolicy: Literal["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]
    enableServiceLinks: bool
    ephemeralContainers: list[EphemeralContainer]
    hostAliases: list[HostAlias]
    hostIPC: bool
    hostNetwork: bool
    hostPID: bool
    hostUsers: bool
    hostname: str
    hostnameOverride: str
    imagePullSecrets: list[LocalObjectReference]
    initContainers: list[Container]
    nodeName: str
    nodeSelector: dict[str, str]
    os: PodOS
    overhead: dict[str, str | float]
    preemptionPolicy: Literal["Never", "PreemptLowerPriority"]
    priority: int
    priorityClassName: str
    readinessGates: list[PodReadinessGate]
    resourceClaims: list[PodResourceClaim]
    resources: ResourceRequirements
    restartPolicy: Literal["Always", "Never", "OnFailure"]
    runtimeClassName: str
    schedulerName: str
    schedulingGates: list[PodSchedulingGate]
    securityContext: PodSecurityContext
    serviceAccount: str
    serviceAccountName: str
    setHostnameAsFQDN: bool
    shareProcessNamespace: bool
    subdomain: str
    terminationGracePeriodSeconds: int
    tolerations: list[Toleration]
    topologySpreadConstraints: list[TopologySpreadConstraint]
    volumes: list[Volume]

class PodTemplateSpec(TypedDict, total=False):
    metadata: ObjectMeta
    spec: PodSpec

class PodsMetricSource(TypedDict, total=False):
    metric: Required[MetricIdentifier]
    target: Required[MetricTarget]

class PolicyRule(TypedDict, total=False):
    apiGroups: list[str]
    nonResourceURLs: list[str]
    resourceNames: list[str]
    resources: list[str]
    verbs: Required[list[str]]

class PortworxVolumeSource(TypedDict, total=False):
    fsType: str
    readOnly: bool
    volumeID: Required[str]

class PreferredSchedulingTerm(TypedDict, total=False):
    preference: Required[NodeSelectorTerm]
    weight: Required[int]

class Probe(TypedDict, total=False):
    exec: ExecAction
    failureThreshold: int
    grpc: GRPCAction
    httpGet: HTTPGetAction
    initialDelaySeconds: int
    periodSeconds: int
    successThreshold: int
    tcpSocket: TCPSocketAction
    terminationGracePeriodSeconds: int
    timeoutSeconds: int

class ProjectedVolumeSource(TypedDict, total=False):
    defaultMode: int
    sources: list[VolumeProjection]

class QuobyteVolumeSource(TypedDict, total=False):
    group: str
    readOnly: bool
    registry: Required[str]
    tenant: str
    user: str
    volume: Required[str]

class RBDVolumeSource(TypedDict, total=False):
    fsType: str
    image: Required[str]
    keyring: str
    monitors: Required[list[str]]
    pool: str
    readOnly: bool
    secretRef: LocalObjectReference
    user: str

class ResourceClaim(TypedDict, total=False):
    name: Required[str]
    request: str

class ResourceFieldSelector(TypedDict, total=False):
    containerName: str
    divisor: str | float
    resource: Required[str]

class ResourceMetricSource(TypedDict, total=False):
    name: Required[str]
    target: Required[MetricTarget]

class ResourceQuotaSpec(TypedDict, total=False):
    hard: dict[str, str | float]
    scopeSelector: ScopeSelector
    scopes: list[Literal["BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating", "VolumeAttributesClass"]]

class ResourceRequirements(TypedDict, total=False):
    claims: list[ResourceClaim]
    limits: dict[str, str | float]
    requests: dict[str, str | float]

class RoleRef(TypedDict, total=False):
    apiGroup: str
    kind: Required[str]
    name: Required[str]

class RollingUpdateDaemonSet(TypedDict, total=False):
    maxSurge: int | str
    maxUnavailable: int | str

class RollingUpdateDeployment(TypedDict, total=False):
    maxSurge: int | str
    maxUnavailable: int | str

class RollingUpdateStatefulSetStrategy(TypedDict, total=False):
    maxUnavailable: int | str
    partition: int

class SELinuxOptions(TypedDict, total=False):
    level: str
    role: str
    type: str
    user: str

class ScaleIOVolumeSource(TypedDict, total=False):
    fsType: str
    gateway: Required[str]
    protectionDomain: str
    readOnly: bool
    secretRef: Required[LocalObjectReference]
    sslEnabled: bool
    storageMode: str
    storagePool: str
    system: Required[str]
    volumeName: str

class ScopeSelector(TypedDict, total=False):
    matchExpressions: list[ScopedResourceSelectorRequirement]

class ScopedResourceSelectorRequirement(TypedDict, total=False):
    operator: Required[Literal["DoesNotExist", "Exists", "In", "NotIn"]]
    scopeName: Required[Literal["BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating", "VolumeAttributesClass"]]
    values: list[str]

class SeccompProfile(TypedDict, total=False):
    localhostProfile: str
    type: Required[Literal["Localhost", "RuntimeDefault", "Unconfined"]]

class SecretEnvSource(TypedDict, total=False):
    name: str
    optional: bool

class SecretKeySelector(TypedDict, total=False):
    key: Required[str]
    name: str
    optional: bool

class SecretProjection(TypedDict, total=False):
    items: list[KeyToPath]
    name: str
    optional: bool

class SecretVolumeSource(TypedDict, total=False):
    defaultMode: int
    items: list[KeyToPath]
    optional: bool
    secretName: str

class SecurityContext(TypedDict, total=False):
    allowPrivilegeEscalation: bool
    appArmorProfile: AppArmorProfile
    capabilities: Capabilities
    privileged: bool
    procMount: Literal["Default", "Unmasked"]
    readOnlyRootFilesystem: bool
    runAsGroup: int
    runAsNonRoot: bool
    runAsUser: int
    seLinuxOptions: SELinuxOptions
    seccompProfile: SeccompProfile
    windowsOptions: WindowsSecurityContextOptions

class ServiceAccountTokenProjection(TypedDict, total=False):
    audience: str
    expirationSeconds: int
    path: Required[str]

class ServiceBackendPort(TypedDict, total=False):
    name: str
    number: int

class ServicePort(TypedDict, total=False):
    appProtocol: str
    name: str
    nodePort: int
    port: Required[int]
    protocol: Literal["SCTP", "TCP", "UDP"]
    targetPort: int | str

class ServiceSpec(TypedDict, total=False):
    allocateLoadBalancerNodePorts: bool
    clusterIP: str
    clusterIPs: list[str]
    externalIPs: list[str]
    externalName: str
    externalTrafficPolicy: Literal["Cluster", "Local"]
    healthCheckNodePort: int
    internalTrafficPolicy: Literal["Cluster", "Local"]
    ipFamilies: list[Literal["", "IPv4", "IPv6"]]
    ipFamilyPolicy: Literal["PreferDualStack", "RequireDualStack", "SingleStack"]
    loadBalancerClass: str
    loadBalancerIP: str
    loadBalancerSourceRanges: list[str]
    ports: list[ServicePort]
    publishNotReadyAddresses: bool
    selector: dict[str, str]
    sessionAffinity: Literal["ClientIP", "None"]
    sessionAffinityConfig: SessionAffinityConfig
    trafficDistribution: str
    type: Literal["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]

class SessionAffinityConfig(TypedDict, total=False):
    clientIP: ClientIPConfig

class SleepAction(TypedDict, total=False):
    seconds: Required[int]

class StatefulSetOrdinals(TypedDict, total=False):
    start: int

class StatefulSetPersistentVolumeClaimRetentionPolicy(TypedDict, total=False):
    whenDeleted: str
    whenScaled: str

class StatefulSetSpec(TypedDict, total=False):
    minReadySeconds: int
    ordinals: StatefulSetOrdinals
    persistentVolumeClaimRetentionPolicy: StatefulSetPersistentVolumeClaimRetentionPolicy
    podManagementPolicy: Literal["OrderedReady", "Parallel"]
    replicas: int
    revisionHistoryLimit: int
    selector: Required[LabelSelector]
    serviceName: str
    template: Required[PodTemplateSpec | dict[str, Any]]
    updateStrategy: StatefulSetUpdateStrategy
    volumeClaimTemplates: list[PersistentVolumeClaim]

class StatefulSetUpdateStrategy(TypedDict, total=False):
    rollingUpdate: RollingUpdateStatefulSetStrategy
    type: Literal["OnDelete", "Recreate", "RollingUpdate"]

class StorageOSVolumeSource(TypedDict, total=False):
    fsType: str
    readOnly: bool
    secretRef: LocalObjectReference
    volumeName: str
    volumeNamespace: str

class Subject(TypedDict, total=False):
    apiGroup: str
    kind: Required[str]
    name: Required[str]
    namespace: str

class SuccessPolicy(TypedDict, total=False):
    rules: Required[list[SuccessPolicyRule]]

class SuccessPolicyRule(TypedDict, total=False):
    succeededCount: int
    succeededIndexes: str

class Sysctl(TypedDict, total=False):
    name: Required[str]
    value: Required[str]

class TCPSocketAction(TypedDict, total=False):
    host: str
    port: Required[int | str]

class Toleration(TypedDict, total=False):
    effect: Literal["NoExecute", "NoSchedule", "PreferNoSchedule"]
    key: str
    operator: Literal["Equal", "Exists", "Gt", "Lt"]
    tolerationSeconds: int
    value: str

class TopologyConstraint(TypedDict, total=False):
    pass

class TopologySpreadConstraint(TypedDict, total=False):
    labelSelector: LabelSelector
    matchLabelKeys: list[str]
    maxSkew: Required[int]
    minDomains: int
    nodeAffinityPolicy: Literal["Honor", "Ignore"]
    nodeTaintsPolicy: Literal["Honor", "Ignore"]
    topologyKey: Required[str]
    whenUnsatisfiable: Required[Literal["DoNotSchedule", "ScheduleAnyway"]]

class TypedLocalObjectReference(TypedDict, total=False):
    apiGroup: str
    kind: Required[str]
    name: Required[str]

class TypedObjectReference(TypedDict, total=False):
    apiGroup: str
    kind: Required[str]
    name: Required[str]
    namespace: str

class Volume(TypedDict, total=False):
    awsElasticBlockStore: AWSElasticBlockStoreVolumeSource
    azureDisk: AzureDiskVolumeSource
    azureFile: AzureFileVolumeSource
    cephfs: CephFSVolumeSource
    cinder: CinderVolumeSource
    configMap: ConfigMapVolumeSource
    csi: CSIVolumeSource
    downwardAPI: DownwardAPIVolumeSource
    emptyDir: EmptyDirVolumeSource
    ephemeral: EphemeralVolumeSource
    fc: FCVolumeSource
    flexVolume: FlexVolumeSource
    flocker: FlockerVolumeSource
    gcePersistentDisk: GCEPersistentDiskVolumeSource
    gitRepo: GitRepoVolumeSource
    glusterfs: GlusterfsVolumeSource
    hostPath: HostPathVolumeSource
    image: ImageVolumeSource
    iscsi: ISCSIVolumeSource
    name: Required[str]
    nfs: NFSVolumeSource
    persistentVolumeClaim: PersistentVolumeClaimVolumeSource
    photonPersistentDisk: PhotonPersistentDiskVolumeSource
    portworxVolume: PortworxVolumeSource
    projected: ProjectedVolumeSource
    quobyte: QuobyteVolumeSource
    rbd: RBDVolumeSource
    scaleIO: ScaleIOVolumeSource
    secret: SecretVolumeSource
    storageos: StorageOSVolumeSource
    vsphereVolume: VsphereVirtualDiskVolumeSource

class VolumeDevice(TypedDict, total=False):
    devicePath: Required[str]
    name: Required[str]

class VolumeHealthCondition(TypedDict, total=False):
    pass

class VolumeHealthStatus(TypedDict, total=False):
    pass

class VolumeMount(TypedDict, total=False):
    mountPath: Required[str]
    mountPropagation: Literal["Bidirectional", "HostToContainer", "None"]
    name: Required[str]
    readOnly: bool
    recursiveReadOnly: str
    subPath: str
    subPathExpr: str

class VolumeProjection(TypedDict, total=False):
    clusterTrustBundle: ClusterTrustBundleProjection
    configMap: ConfigMapProjection
    downwardAPI: DownwardAPIProjection
    podCertificate: PodCertificateProjection
    secret: SecretProjection
    serviceAccountToken: ServiceAccountTokenProjection

class VolumeResourceRequirements(TypedDict, total=False):
    limits: dict[str, str | float]
    requests: dict[str, str | float]

class VsphereVirtualDiskVolumeSource(TypedDict, total=False):
    fsType: str
    storagePolicyID: str
    storagePolicyName: str
    volumePath: Required[str]

class WeightedPodAffinityTerm(TypedDict, total=False):
    podAffinityTerm: Required[PodAffinityTerm]
    weight: Required[int]

class WindowsSecurityContextOptions(TypedDict, total=False):
    gmsaCredentialSpec: str
    gmsaCredentialSpecName: str
    hostProcess: bool
    runAsUserName: str

class WorkloadPodGroupDisruptionMode(TypedDict, total=False):
    pass

class WorkloadPodGroupGangSchedulingPolicy(TypedDict, total=False):
    pass

class WorkloadPodGroupResourceClaim(TypedDict, total=False):
    pass

class WorkloadPodGroupSchedulingConstraints(TypedDict, total=False):
    pass

class WorkloadPodGroupSchedulingPolicy(TypedDict, total=False):
    pass
