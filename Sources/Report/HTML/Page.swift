/// A page of sections that opens without a network: figures, tables and text in one file.
public struct Page: Sendable {
    /// A table of text cells; numbers are right-aligned by column.
    public struct Table: Sendable {
        public var id: String
        public var title: String
        public var header: [String]
        /// Columns whose cells are numbers.
        public var numeric: Set<Int>
        public var rows: [[String]]
        /// Said under the table, such as how many rows there are in all.
        public var note: String?

        public init(id: String, title: String, header: [String], numeric: Set<Int>, rows: [[String]], note: String? = nil) {
            self.id = id
            self.title = title
            self.header = header
            self.numeric = numeric
            self.rows = rows
            self.note = note
        }
    }

    public enum Block: Sendable {
        /// Names and values in columns.
        case facts([(name: String, value: String)])
        /// A few large figures: name, value and a word about it.
        case headline([(name: String, value: String, remark: String)])
        case warnings([String])
        case chart(Chart)
        case heatMap(HeatMap)
        case table(Table)
        case paragraph(String)
    }

    public struct Section: Sendable {
        public var title: String
        public var blocks: [Block]
        public init(title: String, blocks: [Block]) {
            self.title = title
            self.blocks = blocks
        }
    }

    public var title: String
    public var subtitle: String
    public var sections: [Section]

    public init(title: String, subtitle: String, sections: [Section]) {
        self.title = title
        self.subtitle = subtitle
        self.sections = sections
    }

    /// Rows of a table that are in the page's text; more are kept as data and paged by the script.
    static let rowsPerPage = 50

    /// The whole document. Without a chart library it shows static figures.
    public func html(library: ChartLibrary?) -> String {
        var out: [String] = []
        out.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
        out.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>\(escaped(title))</title>")
        out.append("<style>\n\(PageAssets.stylesheet)\n\(library?.stylesheet ?? "")</style></head><body><main>")
        out.append("<header><h1>\(escaped(title))</h1><p>\(escaped(subtitle))</p></header>")
        for section in sections where !section.blocks.isEmpty {
            out.append("<section><h2>\(escaped(section.title))</h2>")
            for block in section.blocks { out.append(html(block)) }
            out.append("</section>")
        }
        out.append("</main>")
        if let library { out.append("<script>\(library.script)</script>") }
        out.append("<script>\n\(PageAssets.script)</script></body></html>\n")
        return out.joined(separator: "\n")
    }

    private func html(_ block: Block) -> String {
        switch block {
        case .facts(let facts):
            let items = facts.map { "<div><dt>\(escaped($0.name))</dt><dd>\(escaped($0.value))</dd></div>" }
            return "<dl class=\"facts\">\(items.joined())</dl>"
        case .headline(let figures):
            let items = figures.map {
                "<div><span>\(escaped($0.name))</span><strong>\(escaped($0.value))</strong><small>\(escaped($0.remark))</small></div>"
            }
            return "<div class=\"headline\">\(items.joined())</div>"
        case .warnings(let warnings):
            guard !warnings.isEmpty else { return "" }
            return "<ul class=\"warnings\">\(warnings.map { "<li>\(escaped($0))</li>" }.joined())</ul>"
        case .chart(let chart):
            return html(chart)
        case .heatMap(let map):
            let note = map.note.map { "<p class=\"note\">\(escaped($0))</p>" } ?? ""
            return """
                <figure id="\(map.id)">
                <figcaption>\(escaped(map.title)) <small>\(escaped(map.unit))</small></figcaption>
                <div class="plot">\(map.svg)</div>\(note)</figure>
                """
        case .table(let table):
            return html(table)
        case .paragraph(let text):
            return "<p>\(escaped(text))</p>"
        }
    }

    private func html(_ chart: Chart) -> String {
        let keys = chart.series.enumerated().map { "<span class=\"key s\($0.offset)\">\(escaped($0.element.name))</span>" }
        let note = chart.note.map { "<p class=\"note\">\(escaped($0))</p>" } ?? ""
        return """
            <figure id="\(chart.id)" class="chart">
            <figcaption>\(escaped(chart.title)) <small>\(escaped(chart.unit))</small>\(keys.joined())</figcaption>
            <div class="plot">\(StaticFigure(chart).svg)</div>
            <script type="application/json">\(ChartData(chart).json.compact)</script>\(note)</figure>
            """
    }

    private func html(_ table: Table) -> String {
        func cell(_ tag: String, _ column: Int, _ text: String) -> String {
            "<\(tag)\(table.numeric.contains(column) ? " class=\"n\"" : "")>\(escaped(text))</\(tag)>"
        }
        let head = table.header.enumerated().map { cell("th", $0.offset, $0.element) }
        let body = table.rows.prefix(Self.rowsPerPage).map { row in
            let cells = row.enumerated().map { cell("td", $0.offset, $0.element) }
            return "<tr>\(cells.joined())</tr>"
        }
        var data = ""
        if table.rows.count > Self.rowsPerPage {
            let rows = JSONValue.array(table.rows.map { .array($0.map { .string($0) }) })
            data = "<script type=\"application/json\">\(rows.compact)</script>"
        }
        let note = table.note.map { "<p class=\"note\">\(escaped($0))</p>" } ?? ""
        let empty = table.rows.isEmpty ? "<p class=\"empty\">None.</p>" : ""
        return """
            <div class="table" id="\(table.id)"><h3>\(escaped(table.title))</h3>
            <div class="scroll"><table><thead><tr>\(head.joined())</tr></thead>
            <tbody>\(body.joined())</tbody></table></div>\(empty)\(data)\(note)</div>
            """
    }
}
