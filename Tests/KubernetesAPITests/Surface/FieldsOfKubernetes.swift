// SPDX-License-Identifier: Apache-2.0

/// The fields of the types that a Job and a Pod are made of, as Kubernetes 1.35 has them, those of alpha stage too; of a
/// pod's status those that Berth fills in. The sources of volumes that only a cluster has are not in it.
let fieldsOfKubernetes: [String: String] = [
    "ObjectMeta": """
    name generateName namespace selfLink uid resourceVersion generation creationTimestamp deletionTimestamp
    deletionGracePeriodSeconds labels annotations ownerReferences finalizers managedFields
    """,
    "OwnerReference": "apiVersion kind name uid controller blockOwnerDeletion",
    "LabelSelector": "matchLabels matchExpressions",

    "Job": "apiVersion kind metadata spec status",
    "JobSpec": """
    parallelism completions activeDeadlineSeconds podFailurePolicy successPolicy backoffLimit
    backoffLimitPerIndex maxFailedIndexes selector manualSelector template ttlSecondsAfterFinished completionMode
    suspend podReplacementPolicy managedBy scheduling
    """,
    "JobStatus": """
    conditions startTime completionTime active succeeded failed terminating completedIndexes failedIndexes
    uncountedTerminatedPods ready
    """,
    "JobCondition": "type status lastProbeTime lastTransitionTime reason message",
    "UncountedTerminatedPods": "succeeded failed",
    "PodFailurePolicy": "rules",
    "PodFailurePolicyRule": "action onExitCodes onPodConditions",
    "PodFailurePolicyOnExitCodesRequirement": "containerName operator values",
    "PodFailurePolicyOnPodConditionsPattern": "type status",
    "SuccessPolicy": "rules",
    "SuccessPolicyRule": "succeededIndexes succeededCount",
    "PodTemplateSpec": "metadata spec",

    "CronJob": "apiVersion kind metadata spec status",
    "CronJobSpec": """
    schedule timeZone startingDeadlineSeconds concurrencyPolicy suspend jobTemplate successfulJobsHistoryLimit
    failedJobsHistoryLimit
    """,
    "CronJobStatus": "active lastScheduleTime lastSuccessfulTime",
    "JobTemplateSpec": "metadata spec",
    "ConfigMap": "apiVersion kind metadata immutable data binaryData",
    "Secret": "apiVersion kind metadata immutable data stringData type",

    "Pod": "apiVersion kind metadata spec status",
    "PodSpec": """
    volumes initContainers containers ephemeralContainers restartPolicy terminationGracePeriodSeconds
    activeDeadlineSeconds dnsPolicy nodeSelector serviceAccountName serviceAccount automountServiceAccountToken
    nodeName hostNetwork hostPID hostIPC shareProcessNamespace securityContext imagePullSecrets hostname subdomain
    affinity schedulerName tolerations hostAliases priorityClassName priority dnsConfig readinessGates
    runtimeClassName enableServiceLinks preemptionPolicy overhead topologySpreadConstraints setHostnameAsFQDN os
    hostUsers schedulingGates resourceClaims resources hostnameOverride workloadRef
    """,
    "Affinity": "nodeAffinity podAffinity podAntiAffinity",
    "NodeAffinity": "requiredDuringSchedulingIgnoredDuringExecution preferredDuringSchedulingIgnoredDuringExecution",
    "NodeSelector": "nodeSelectorTerms",
    "NodeSelectorTerm": "matchExpressions matchFields",
    "NodeSelectorRequirement": "key operator values",
    "PodOS": "name",
    "HostAlias": "ip hostnames",
    "PodDNSConfig": "nameservers searches options",
    "PodDNSConfigOption": "name value",
    "PodSecurityContext": """
    seLinuxOptions windowsOptions runAsUser runAsGroup runAsNonRoot supplementalGroups supplementalGroupsPolicy
    fsGroup sysctls fsGroupChangePolicy seccompProfile appArmorProfile seLinuxChangePolicy
    """,
    "Sysctl": "name value",
    "SeccompProfile": "type localhostProfile",

    "Container": """
    name image command args workingDir ports envFrom env resources resizePolicy restartPolicy restartPolicyRules
    volumeMounts volumeDevices livenessProbe readinessProbe startupProbe lifecycle terminationMessagePath
    terminationMessagePolicy imagePullPolicy securityContext stdin stdinOnce tty
    """,
    "ContainerRestartRule": "action exitCodes",
    "ContainerRestartRuleOnExitCodes": "operator values",
    "ContainerPort": "name hostPort containerPort protocol hostIP",
    "EnvFromSource": "prefix configMapRef secretRef",
    "EnvVar": """
    name value valueFrom valueFrom.fieldRef valueFrom.resourceFieldRef valueFrom.configMapKeyRef
    valueFrom.secretKeyRef valueFrom.fileKeyRef
    """,
    "ObjectFieldSelector": "apiVersion fieldPath",
    "ResourceFieldSelector": "containerName resource divisor",
    "ResourceRequirements": "limits requests claims",
    "VolumeMount": "name readOnly recursiveReadOnly mountPath subPath mountPropagation subPathExpr",
    "SecurityContext": """
    capabilities privileged seLinuxOptions windowsOptions runAsUser runAsGroup runAsNonRoot readOnlyRootFilesystem
    allowPrivilegeEscalation procMount seccompProfile appArmorProfile
    """,
    "Capabilities": "add drop",
    "Probe": """
    exec httpGet tcpSocket grpc initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold
    terminationGracePeriodSeconds
    """,
    "Lifecycle": "postStart preStop stopSignal",
    "LifecycleHandler": "exec httpGet tcpSocket sleep",
    "ExecAction": "command",
    "HTTPGetAction": "path port host scheme httpHeaders",
    "HTTPHeader": "name value",
    "TCPSocketAction": "port host",
    "GRPCAction": "port service",
    "SleepAction": "seconds",

    "Volume": """
    name hostPath emptyDir gcePersistentDisk awsElasticBlockStore gitRepo secret nfs iscsi glusterfs
    persistentVolumeClaim rbd flexVolume cinder cephfs flocker downwardAPI fc azureFile configMap vsphereVolume
    quobyte azureDisk photonPersistentDisk projected portworxVolume scaleIO storageos csi ephemeral image
    """,
    "HostPathVolumeSource": "path type",
    "EmptyDirVolumeSource": "medium sizeLimit",
    "KeyToPath": "key path mode",
    "ConfigMapVolumeSource": "name items defaultMode optional",
    "SecretVolumeSource": "secretName items defaultMode optional",
    "DownwardAPIVolumeSource": "items defaultMode",
    "DownwardAPIVolumeFile": "path fieldRef resourceFieldRef mode",
    "ProjectedVolumeSource": "sources defaultMode",
    "VolumeProjection": "secret downwardAPI configMap serviceAccountToken clusterTrustBundle podCertificate",
    "DownwardAPIProjection": "items",
    "EphemeralVolumeSource": "volumeClaimTemplate",
    "PersistentVolumeClaimTemplate": "metadata spec",
    "PersistentVolumeClaimSpec": """
    accessModes selector resources volumeName storageClassName volumeMode dataSource dataSourceRef
    volumeAttributesClassName
    """,

    "PodStatus": """
    phase conditions message reason hostIP hostIPs podIP podIPs startTime initContainerStatuses containerStatuses
    qosClass observedGeneration
    """,
    "PodCondition": "type status lastProbeTime lastTransitionTime reason message observedGeneration",
    "ContainerStatus": """
    name state lastState ready restartCount image imageID containerID started resources allocatedResources user
    volumeMounts stopSignal
    """,
    "ContainerUser": "linux",
    "LinuxContainerUser": "uid gid supplementalGroups",
    "VolumeMountStatus": "name mountPath readOnly recursiveReadOnly",
    "ContainerStateTerminated": "exitCode signal reason message startedAt finishedAt containerID",
]
