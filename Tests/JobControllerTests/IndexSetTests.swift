// SPDX-License-Identifier: Apache-2.0

import JobController
import Testing

struct IndexSetTests {
    @Test(
        "The text is ascending; a run of two is written as two, a longer one with a hyphen",
        arguments: [
            ([], ""), ([0], "0"), ([7, 5, 4, 3, 1], "1,3-5,7"), ([3, 4], "3,4"), ([0, 1, 2], "0-2"),
            ([1, 1, 1], "1"), ([9, 0, 8, 1], "0,1,8,9"),
        ])
    func text(indexes: [Int], text: String) throws {
        #expect(IndexSet(indexes).description == text)
        #expect(try IndexSet(parsing: text) == IndexSet(indexes))
    }

    @Test(
        "Reading cuts at the number of completions",
        arguments: [("1,3-5,7", "1,3"), ("0-9", "0-3"), ("4", ""), ("2,3,4", "2,3"), ("3-8", "3")])
    func clip(text: String, clipped: String) throws {
        #expect(try IndexSet(parsing: text, below: 4).description == clipped)
        var set = try IndexSet(parsing: text)
        set.clip(below: 4)
        #expect(set.description == clipped)
        #expect(set == (try IndexSet(parsing: clipped)))
        #expect(set.count == (try IndexSet(parsing: clipped)).count)
    }

    @Test(
        "What is no list of ascending indexes is refused",
        arguments: [
            ("a", IndexTextError.notAnInterval("a")), ("1,", .notAnInterval("")), (",", .notAnInterval("")),
            ("-1", .notAnInterval("-1")), ("1-", .notAnInterval("1-")), ("1-2-3", .notAnInterval("1-2-3")),
            (" 1", .notAnInterval(" 1")), ("+1", .notAnInterval("+1")),
            ("99999999999999999999", .notAnInterval("99999999999999999999")), ("5-3", .reversed("5-3")),
            ("3,3", .notAscending("3")), ("1-4,4-5", .notAscending("4-5")), ("2,1", .notAscending("1")),
        ])
    func refused(text: String, error: IndexTextError) {
        #expect(throws: error) { try IndexSet(parsing: text) }
    }

    @Test("Every operation does what a plain set does", arguments: 0..<20 as Range<UInt64>)
    func likeASet(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var (left, right) = (IndexSet(), IndexSet())
        var (plainLeft, plainRight) = (Set<Int>(), Set<Int>())
        for _ in 0..<300 {
            let index = Int.random(in: 0..<40, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1: #expect(left.insert(index) == plainLeft.insert(index).inserted)
            case 2: #expect(right.insert(index) == plainRight.insert(index).inserted)
            case 3: #expect(left.remove(index) == (plainLeft.remove(index) != nil))
            default: #expect(right.remove(index) == (plainRight.remove(index) != nil))
            }
            #expect(left.count == plainLeft.count)
            #expect(left.contains(index) == plainLeft.contains(index))
            #expect(left.missing(3, below: 20) == Array((0..<20).filter { !plainLeft.contains($0) }.prefix(3)))
        }
        #expect(left == IndexSet(plainLeft))
        #expect(left.union(right) == IndexSet(plainLeft.union(plainRight)))
        #expect(left.intersection(right) == IndexSet(plainLeft.intersection(plainRight)))
        #expect(left.subtracting(right) == IndexSet(plainLeft.subtracting(plainRight)))
        #expect(left.union(right).count == plainLeft.union(plainRight).count)
    }

    @Test("A hundred thousand indexes are one interval")
    func many() {
        var set = IndexSet(0..<100_000)
        set.remove(50_000)
        #expect(set.description == "0-49999,50001-99999")
        #expect(set.count == 99_999)
        #expect(set.missing(2, below: 100_001) == [50_000, 100_000])
        set.insert(50_000)
        #expect(set == IndexSet(0..<100_000))
    }
}
