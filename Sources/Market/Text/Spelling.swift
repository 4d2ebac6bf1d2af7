/// Which known word a misspelt one was meant to be.
public enum Spelling {
    /// The closest of `candidates` that is at most a third of the word, and one letter, away; nil if none is.
    public static func closest(_ word: String, _ candidates: some Sequence<String>) -> String? {
        var best: (word: String, distance: Int)?
        for candidate in candidates.sorted() {
            let distance = distance(word.lowercased(), candidate.lowercased())
            let length = min(word.count, candidate.count)
            if distance < length, distance <= length / 3 + 1, distance < best?.distance ?? .max {
                best = (candidate, distance)
            }
        }
        return best?.word
    }

    /// The closest candidate as a question; nil if none is close.
    public static func hint(_ word: String, _ candidates: some Sequence<String>) -> String? {
        closest(word, candidates).map { "did you mean '\($0)'?" }
    }

    /// Letters added, dropped, changed, or swapped with a neighbour.
    public static func distance(_ first: String, _ second: String) -> Int {
        let (one, two) = (Array(first), Array(second))
        var (older, old, row) = ([Int](), [Int](), Array(0...two.count))
        for i in one.indices {
            (older, old, row) = (old, row, [i + 1])
            for j in two.indices {
                var least = min(old[j] + (one[i] == two[j] ? 0 : 1), old[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, one[i] == two[j - 1], one[i - 1] == two[j] { least = min(least, older[j - 1] + 1) }
                row.append(least)
            }
        }
        return row[two.count]
    }
}
