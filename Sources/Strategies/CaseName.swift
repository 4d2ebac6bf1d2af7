/// The name of an enum's case as words, without what it holds: `enteringSecond(…)` is `entering second`.
func caseName(_ value: some Any) -> String {
    let name = String(describing: value).prefix { $0 != "(" }
    return name.reduce(into: "") { text, letter in text += letter.isUppercase ? " \(letter.lowercased())" : String(letter) }
}
