// SPDX-License-Identifier: Apache-2.0

import CLinux
package import KubernetesAPI
import Linux

/// The tz database of this host, as Debian's package tzdata installs it.
package enum TimeZoneFiles {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    package static let directory = "/usr/share/zoneinfo"
    /// Many times the size of the largest.
    private static let maximumSize = 1 << 18

    /// Finds a time zone by its name in the database, such as `Europe/Berlin`.
    ///
    /// - Parameter directory: where the database is.
    /// - Throws: `Failure` for a name that the database doesn't have, in Kubernetes's words; for a host without the database;
    ///   for a file that is none of it.
    package static func zone(_ name: String, in directory: String = directory) throws(Failure) -> TimeZone {
        // Go and its Kubernetes know these by themselves.
        if name == "UTC" || name == "Etc/UTC" { return .utc }
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try read(name, in: directory)
        } catch {
            guard access(directory, F_OK) == 0 else {
                throw Failure(description: "no time zones in \(directory): install Debian's package tzdata")
            }
            switch error.rawValue {
            case ENOENT, ENOTDIR, EISDIR, EXDEV, EINVAL, ENAMETOOLONG:
                throw Failure(description: "unknown time zone \(name)")
            default: throw Failure(description: "cannot read \(directory)/\(name): \(error)")
            }
        }
        do throws(TimeZone.Failure) {
            return try TimeZone(file: bytes)
        } catch {
            throw Failure(description: "\(directory)/\(name) is no time zone: \(error)")
        }
    }

    private static func read(_ name: String, in directory: String) throws(Errno) -> [UInt8] {
        // Nothing outside the database, and no file of another kind that would keep us waiting.
        guard !name.isEmpty, !name.utf8.contains(0) else { throw Errno(EINVAL) }
        return try OwnedDescriptor.open(directory, O_PATH | O_DIRECTORY).openResolved(
            name, O_RDONLY | O_NONBLOCK | O_NOCTTY, resolve: UInt64(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS)
        ).readAll(limit: maximumSize)
    }
}
