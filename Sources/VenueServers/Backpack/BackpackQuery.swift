internal import Market
internal import Venues

/// The parameters of a question, read as their types.
struct BackpackQuery {
    /// A part of a list.
    struct Page {
        var limit: Int
        var offset: Int
        var isAscending: Bool
    }

    private let parameters: [RequestTarget.Parameter]

    init(_ parameters: [RequestTarget.Parameter]) { self.parameters = parameters }

    init(_ parameters: [BackpackParameter]) { self.parameters = parameters.map { .init(name: $0.name, value: $0.plain) } }

    /// nil where it is absent or empty.
    subscript(name: String) -> String? {
        guard let value = parameters.first(where: { $0.name == name })?.value, !value.isEmpty else { return nil }
        return value
    }

    func all(_ name: String) -> [String] { parameters.filter { $0.name == name && !$0.value.isEmpty }.map(\.value) }

    func integer(_ name: String, _ range: ClosedRange<Int64>) throws(BackpackFault) -> Int64? {
        guard let text = self[name] else { return nil }
        guard let number = Int64(text), range.contains(number) else {
            throw .parameter(name, "integer", "Expect a number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    func choice<Choice: RawRepresentable>(_ name: String, _ type: String, _: Choice.Type = Choice.self) throws(BackpackFault) -> Choice?
    where Choice.RawValue == String {
        guard let text = self[name] else { return nil }
        guard let choice = Choice(rawValue: text) else { throw .parameter(name, type) }
        return choice
    }

    /// Milliseconds or seconds since 1970.
    func time(_ name: String, unit: Nanoseconds) throws(BackpackFault) -> Timestamp? {
        try integer(name, 0...(9_000_000_000_000_000_000 / unit.count)).map { Timestamp(nanoseconds: $0 * unit.count) }
    }

    private enum Direction: String { case ascending = "Asc", descending = "Desc" }

    func page(limit: Int = 100, most: Int64 = 1_000) throws(BackpackFault) -> Page {
        Page(
            limit: Int(try integer("limit", 1...most) ?? Int64(limit)), offset: Int(try integer("offset", 0...1_000_000_000) ?? 0),
            isAscending: try choice("sortDirection", "SortDirection", Direction.self) == .ascending)
    }
}

extension HTTPResponse {
    /// A page of rows that are given oldest first, with the headers that say which it is.
    static func page(_ rows: [JSONValue], _ page: BackpackQuery.Page) -> HTTPResponse {
        let ordered = page.isAscending ? rows : rows.reversed()
        let taken = ordered.dropFirst(page.offset).prefix(page.limit)
        let count = (rows.count + page.limit - 1) / page.limit
        return .json(
            .list(Array(taken)),
            headers: [
                .init("X-Page-Count", String(count)), .init("X-Current-Page", String(page.offset / page.limit + 1)),
                .init("X-Page-Size", String(page.limit)), .init("X-Total", String(rows.count)),
            ])
    }
}
