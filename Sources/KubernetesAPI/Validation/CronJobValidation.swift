// SPDX-License-Identifier: Apache-2.0

extension CronJob {
    /// Notes everything that the API server would refuse at creation in this CronJob, defaulted already.
    package func validate(_ faults: FaultList) {
        faults.at("metadata") {
            metadata.validate(faults)
            // A generated name is cut to leave room for its letters, and checked when it is there.
            let name =
                metadata.name.isEmpty ? metadata.generateName.utf8.prefix(58).count + 5 : metadata.name.utf8.count
            if name > CronJob.maximumName {
                let value = metadata.name.isEmpty ? metadata.generateName + "*" : metadata.name
                faults.invalid(value, at: "name", ["must be no more than \(CronJob.maximumName) characters"])
            }
        }
        faults.at("spec") { spec.validate(faults) }
    }
}

extension CronJobSpec {
    fileprivate func validate(_ faults: FaultList) {
        validateSchedule(faults)
        faults.notNegative(startingDeadlineSeconds, at: "startingDeadlineSeconds")
        validateTimeZone(faults)
        faults.at("jobTemplate") { jobTemplate.validate(faults) }
        faults.notNegative(successfulJobsHistoryLimit, at: "successfulJobsHistoryLimit")
        faults.notNegative(failedJobsHistoryLimit, at: "failedJobsHistoryLimit")
    }

    private func validateSchedule(_ faults: FaultList) {
        guard !schedule.isEmpty else { return faults.add(.required, at: .field("schedule")) }
        do throws(CronSchedule.Failure) {
            _ = try CronSchedule(scheduleWithoutZone)
        } catch {
            faults.invalid(schedule, at: "schedule", [error.message])
        }
        if schedule.contains("TZ") {
            let detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
            faults.invalid(schedule, at: "schedule", [detail])
        }
    }

    /// What follows `TZ=…` or `CRON_TZ=…`, which `robfig/cron` understands.
    private var scheduleWithoutZone: String {
        guard schedule.hasPrefix("TZ=") || schedule.hasPrefix("CRON_TZ=") else { return schedule }
        return String(schedule.drop { $0 != " " }.drop { $0 == " " })
    }

    private func validateTimeZone(_ faults: FaultList) {
        guard let timeZone else { return }
        if timeZone.isEmpty {
            faults.invalid(timeZone, at: "timeZone", ["timeZone must be nil or non-empty string"])
        } else if !TimeZone.isName(timeZone) {
            faults.invalid(timeZone, at: "timeZone", ["unknown time zone \(timeZone)"])
        } else if TimeZone.isLocal(timeZone) {
            let detail = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
            faults.invalid(timeZone, at: "timeZone", [detail])
        }
    }
}

extension TimeZone {
    /// It can be the name of a place in the tz database; whether it is one, a host's own database knows.
    package static func canBeInDatabase(_ name: String) -> Bool { isName(name) && !isLocal(name) }

    /// Parts of 1 to 14 letters, digits, `.`, `-`, `_` and `+`; none is `.` or `..` or begins with `-`.
    fileprivate static func isName(_ name: String) -> Bool {
        name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { part in
            (1...14).contains(part.count) && part.first != UInt8(ascii: "-") && !part.elementsEqual(".".utf8)
                && !part.elementsEqual("..".utf8)
                && part.allSatisfy { byte in
                    byte.isDigit || ".-_+".utf8.contains(byte)
                        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                }
        }
    }

    /// Whatever place the controller is at.
    fileprivate static func isLocal(_ name: String) -> Bool { name.lowercased() == "local" }
}

extension JobTemplateSpec {
    fileprivate func validate(_ faults: FaultList) {
        // The API server looks at these only when it is to create the first Job.
        faults.at("metadata") { metadata.validateLabelsAndAnnotations(faults) }
        faults.at("spec") {
            spec.validate(faults)
            if let selector = spec.selector {
                faults.add(
                    .invalid(value: inWords(selector.matchLabels)), at: .field("selector"),
                    detail: "`selector` will be auto-generated")
            }
            if spec.manualSelector == true {
                faults.add(.unsupported(value: "true", supported: ["nil", "false"]), at: .field("manualSelector"))
            }
        }
    }
}
