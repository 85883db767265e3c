// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// A run as a JUnit report: a suite for each Job, a case for each attempt of a pod.
///
/// The format is the one that Jenkins, GitLab and the GitHub reporters read (`testsuites/testsuite/testcase`).
struct JUnitReport {
    struct Case {
        var name: String
        var duration: Duration
        /// nil: it went well.
        var failure: Failure?
        /// Why it counts neither way.
        var skipped: String?
        /// The end of what it wrote.
        var log: String
    }

    struct Failure {
        /// `OOMKilled`, `Error`, `DeadlineExceeded`, ….
        var reason: String
        var message: String
    }

    struct Suite {
        var name: String
        var startTime: Timestamp?
        var duration: Duration
        var cases: [Case]
    }

    var suites: [Suite]

    var xml: String {
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        let cases = suites.flatMap(\.cases)
        text += "<testsuites tests=\"\(cases.count)\" failures=\"\(cases.count { $0.failure != nil })\">\n"
        for suite in suites { text += render(suite) }
        return text + "</testsuites>\n"
    }

    private func render(_ suite: Suite) -> String {
        var text = "  <testsuite name=\"\(escape(suite.name))\" tests=\"\(suite.cases.count)\""
        text += " failures=\"\(suite.cases.count { $0.failure != nil })\" errors=\"0\""
        text += " skipped=\"\(suite.cases.count { $0.skipped != nil })\""
        text += " time=\"\(suite.duration.decimalSeconds)\""
        if let start = suite.startTime { text += " timestamp=\"\(start.rfc3339.dropLast())\"" }
        text += ">\n"
        for one in suite.cases {
            text += "    <testcase name=\"\(escape(one.name))\" classname=\"\(escape(suite.name))\""
            text += " time=\"\(one.duration.decimalSeconds)\">\n"
            if let failure = one.failure {
                text +=
                    "      <failure type=\"\(escape(failure.reason))\" message=\"\(escape(failure.message))\"></failure>\n"
            }
            if let skipped = one.skipped { text += "      <skipped message=\"\(escape(skipped))\"></skipped>\n" }
            if !one.log.isEmpty { text += "      <system-out>\(escape(one.log))</system-out>\n" }
            text += "    </testcase>\n"
        }
        return text + "  </testsuite>\n"
    }

    /// Text for an XML 1.0 document: the five markup characters by entity, what XML forbids as U+FFFD.
    private func escape(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            case "\u{0}"..<"\u{20}", "\u{fffe}", "\u{ffff}": result += "\u{fffd}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
