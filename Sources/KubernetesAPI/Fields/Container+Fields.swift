// SPDX-License-Identifier: Apache-2.0

extension Container: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("name", &name, .always)
        f.field("image", &image)
        f.field("imagePullPolicy", &imagePullPolicy)
        f.field("command", &command)
        f.field("args", &args)
        f.field("workingDir", &workingDir)
        f.field("env", &env)
        f.field("ports", &ports)
        f.field("resources", &resources, .always)
        f.field("volumeMounts", &volumeMounts)
        f.field("terminationMessagePath", &terminationMessagePath)
        f.field("terminationMessagePolicy", &terminationMessagePolicy)
        f.field("securityContext", &securityContext)

        f.ignored("resizePolicy")
        f.refused("livenessProbe", "readinessProbe", "startupProbe", "lifecycle")
        f.refused("restartPolicy", "restartPolicyRules", because: "sidecars and restart rules of a container")
        f.refused("envFrom", because: "there are no ConfigMaps and Secrets")
        f.refused("stdin", "stdinOnce", "tty", because: "nothing is attached to a container")
        f.refused("volumeDevices")
    }
}

extension Container.PullPolicy: FieldValue {}
extension Container.MessagePolicy: FieldValue {}

extension ContainerPort: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("name", &name)
        f.field("containerPort", &containerPort, .always)
        f.field("protocol", &self.protocol)
        f.refused("hostPort", "hostIP", because: "pods are kept apart from the host's network")
    }
}

extension EnvVar: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("name", &name, .always)
        f.field("value", &value)
        f.inline("valueFrom", isPresent: fieldRef != nil) { f in
            f.field("fieldRef", &fieldRef)
            f.refusedEvenEmpty("configMapKeyRef", "secretKeyRef", because: "there are no ConfigMaps and Secrets")
            f.refusedEvenEmpty("resourceFieldRef", "fileKeyRef")
            if f.hasNoKnownMember {
                f.fault(
                    .invalid(value: "\"\""),
                    "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`")
            }
        }
    }
}

extension ObjectFieldSelector: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("apiVersion", &apiVersion)
        f.field("fieldPath", &fieldPath, .always)
    }
}

extension ResourceRequirements: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("limits", &limits)
        f.field("requests", &requests)
        f.refused("claims")
    }
}

extension VolumeMount: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("name", &name, .always)
        f.field("mountPath", &mountPath, .always)
        f.field("subPath", &subPath)
        f.field("readOnly", &readOnly)
        f.field("mountPropagation", &mountPropagation)
        f.field("recursiveReadOnly", &recursiveReadOnly)
        f.refused("subPathExpr")
    }
}
