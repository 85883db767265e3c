// SPDX-License-Identifier: Apache-2.0

/// A set of completion indexes, kept as intervals: as small as `status.completedIndexes` is as text, and quick also for
/// the 100,000 indexes that a Job may have.
package struct IndexSet: Hashable, Sendable {
    /// Ascending, not empty, never touching one another.
    private(set) var intervals: [ClosedRange<Int>] = []
    /// How many indexes are in the set.
    package private(set) var count = 0

    package init() {}

    /// All indexes of the range.
    package init(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        intervals = [range.lowerBound...range.upperBound - 1]
        count = range.count
    }

    package init(_ indexes: some Sequence<Int>) {
        for index in indexes { insert(index) }
    }

    package var isEmpty: Bool { count == 0 }

    /// The lowest indexes from 0 on that are not in the set: at most so many, all below `limit`.
    package func missing(_ wanted: Int, below limit: Int) -> [Int] {
        var found: [Int] = []
        var next = 0
        for interval in intervals {
            while next < min(interval.lowerBound, limit), found.count < wanted {
                found.append(next)
                next += 1
            }
            guard found.count < wanted, next < limit else { return found }
            next = max(next, interval.upperBound + 1)
        }
        while next < limit, found.count < wanted {
            found.append(next)
            next += 1
        }
        return found
    }

    package func contains(_ index: Int) -> Bool {
        let place = firstInterval(endingAtOrAfter: index)
        return place < intervals.count && intervals[place].lowerBound <= index
    }

    /// - Returns: whether the index is new.
    @discardableResult
    package mutating func insert(_ index: Int) -> Bool {
        let place = firstInterval(endingAtOrAfter: index)
        if place < intervals.count, intervals[place].lowerBound <= index { return false }
        let touchesLeft = place > 0 && intervals[place - 1].upperBound == index - 1
        let touchesRight = place < intervals.count && intervals[place].lowerBound == index + 1
        switch (touchesLeft, touchesRight) {
        case (true, true):
            intervals[place - 1] = intervals[place - 1].lowerBound...intervals[place].upperBound
            intervals.remove(at: place)
        case (true, false): intervals[place - 1] = intervals[place - 1].lowerBound...index
        case (false, true): intervals[place] = index...intervals[place].upperBound
        case (false, false): intervals.insert(index...index, at: place)
        }
        count += 1
        return true
    }

    /// - Returns: whether the index was in the set.
    @discardableResult
    package mutating func remove(_ index: Int) -> Bool {
        let place = firstInterval(endingAtOrAfter: index)
        guard place < intervals.count, intervals[place].lowerBound <= index else { return false }
        let interval = intervals[place]
        var left: [ClosedRange<Int>] = []
        if interval.lowerBound < index { left.append(interval.lowerBound...index - 1) }
        if index < interval.upperBound { left.append(index + 1...interval.upperBound) }
        intervals.replaceSubrange(place...place, with: left)
        count -= 1
        return true
    }

    /// Drops what is `limit` or more, as a Job does with the indexes beyond its `completions`.
    package mutating func clip(below limit: Int) {
        let place = firstInterval(endingAtOrAfter: limit)
        guard place < intervals.count else { return }
        let cut = intervals[place]
        intervals.removeSubrange(place...)
        if cut.lowerBound < limit { intervals.append(cut.lowerBound...limit - 1) }
        count = intervals.reduce(0) { $0 + $1.count }
    }

    /// Binary search; `intervals.count` when all end before the index.
    private func firstInterval(endingAtOrAfter index: Int) -> Int {
        var low = 0
        var high = intervals.count
        while low < high {
            let middle = (low + high) / 2
            if intervals[middle].upperBound < index { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension IndexSet {
    package func union(_ other: IndexSet) -> IndexSet {
        var all = intervals + other.intervals
        all.sort { $0.lowerBound < $1.lowerBound }
        var result = IndexSet()
        for interval in all { result.appendMerging(interval) }
        return result
    }

    package func intersection(_ other: IndexSet) -> IndexSet {
        var result = IndexSet()
        var mine = intervals[...]
        var theirs = other.intervals[...]
        while let left = mine.first, let right = theirs.first {
            let lower = max(left.lowerBound, right.lowerBound)
            let upper = min(left.upperBound, right.upperBound)
            if lower <= upper { result.appendMerging(lower...upper) }
            if left.upperBound < right.upperBound { mine.removeFirst() } else { theirs.removeFirst() }
        }
        return result
    }

    package func subtracting(_ other: IndexSet) -> IndexSet {
        var result = IndexSet()
        var theirs = other.intervals[...]
        for interval in intervals {
            var next = interval.lowerBound
            while let hole = theirs.first, hole.lowerBound <= interval.upperBound {
                if hole.lowerBound > next { result.appendMerging(next...hole.lowerBound - 1) }
                next = max(next, hole.upperBound + 1)
                guard hole.upperBound <= interval.upperBound else { break }
                theirs.removeFirst()
            }
            if next <= interval.upperBound { result.appendMerging(next...interval.upperBound) }
        }
        return result
    }

    /// - Precondition: the interval begins at or after the beginning of the last one.
    mutating func appendMerging(_ interval: ClosedRange<Int>) {
        if let last = intervals.last, interval.lowerBound <= last.upperBound + 1 {
            count += max(0, interval.upperBound - last.upperBound)
            intervals[intervals.count - 1] = last.lowerBound...max(last.upperBound, interval.upperBound)
        } else {
            intervals.append(interval)
            count += interval.count
        }
    }
}
