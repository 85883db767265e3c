// SPDX-License-Identifier: Apache-2.0

extension Container: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("name", &name, .always)
        f.field("image", &image)
        f.defaulted("imagePullPolicy", &imagePullPolicy)
        f.field("command", &command)
        f.field("args", &args)
        f.field("workingDir", &workingDir)
        f.field("envFrom", &envFrom)
        f.field("env", &env)
        f.field("ports", &ports)
        f.field("resources", &resources, .always)
        f.field("restartPolicy", &restartPolicy)
        f.field("restartPolicyRules", &restartPolicyRules)
        f.field("volumeMounts", &volumeMounts)
        f.field("livenessProbe", &livenessProbe)
        f.field("readinessProbe", &readinessProbe)
        f.field("startupProbe", &startupProbe)
        f.field("lifecycle", &lifecycle)
        f.defaulted("terminationMessagePath", &terminationMessagePath)
        f.defaulted("terminationMessagePolicy", &terminationMessagePolicy)
        f.field("securityContext", &securityContext)
        f.field("stdin", &stdin)
        f.field("stdinOnce", &stdinOnce)
        f.field("tty", &tty)

        f.unapplied(&unapplied, .objects, "resizePolicy")
        f.refused("volumeDevices")
    }
}

extension Container.PullPolicy: FieldValue {}
extension Container.MessagePolicy: FieldValue {}

extension ContainerPort: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("name", &name)
        f.field("containerPort", &containerPort, .always)
        f.defaulted("protocol", &self.protocol)
        f.field("hostPort", &hostPort)
        f.field("hostIP", &hostIP)
    }
}

extension EnvVar: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("name", &name, .always)
        f.field("value", &value)
        f.inline("valueFrom", isPresent: hasSource) { f in
            f.field("fieldRef", &fieldRef)
            f.field("resourceFieldRef", &resourceFieldRef)
            f.field("configMapKeyRef", &configMapKeyRef)
            f.field("secretKeyRef", &secretKeyRef)
            f.field("fileKeyRef", &fileKeyRef)
            if f.hasNoKnownMember {
                f.fault(
                    .invalid(value: "\"\""),
                    "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
                )
            }
        }
    }
}

extension EnvVar {
    private var hasSource: Bool {
        fieldRef != nil || resourceFieldRef != nil || configMapKeyRef != nil || secretKeyRef != nil
            || fileKeyRef != nil
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
        f.field("subPathExpr", &subPathExpr)
        f.field("readOnly", &readOnly)
        f.field("mountPropagation", &mountPropagation)
        f.field("recursiveReadOnly", &recursiveReadOnly)
    }
}
