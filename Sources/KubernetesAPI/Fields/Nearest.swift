// SPDX-License-Identifier: Apache-2.0

/// The candidate that `name` was most likely meant to be: another case, or at most one slip in four letters.
func nearest(to name: String, in candidates: [String]) -> String? {
    guard name.utf8.count <= 64 else { return nil }
    let letters = Array(name.lowercased().utf8)
    var best: (name: String, distance: Int)?
    for candidate in candidates {
        let distance = editDistance(letters, Array(candidate.lowercased().utf8))
        if distance < best?.distance ?? (letters.count / 4 + 1) { best = (candidate, distance) }
    }
    return best?.name
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one into the other.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var before: [Int] = []
    var last = Array(0...right.count)
    for i in left.indices {
        var row = [i + 1]
        for j in right.indices {
            var least = min(last[j] + (left[i] == right[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
            if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] { least = min(least, before[j - 1] + 1) }
            row.append(least)
        }
        before = last
        last = row
    }
    return last[right.count]
}
