import Foundation
import Market
import TestSupport
import Testing

@testable import Report

@Suite struct PageTests {
    private static let start: Int64 = 1_700_000_000_000_000_000

    private static func chart(points count: Int) -> Chart {
        let points = (0..<count).map { index -> Chart.Point in
            let value = Double(index % 7)
            let time = Timestamp(nanoseconds: start + Int64(index) * 1_000_000_000)
            return Chart.Point(time: time, low: value - 1, last: value, high: value + 1)
        }
        let marks = Chart.Series(name: "fills", style: .marks, points: points.filter { $0.last == 3 })
        return Chart(id: "equity", title: "Equity & more", unit: "USD", series: [.init(name: "equity", points: points), marks])
    }

    private static func page(rows: Int) -> Page {
        Page(
            title: "run <1>", subtitle: "a \"test\"",
            sections: [
                .init(
                    title: "Charts",
                    blocks: [.chart(chart(points: 40)), .warnings(["short run"]), .headline([("Net", "1.5 USD", "exact")])]),
                .init(
                    title: "Tables",
                    blocks: [
                        .table(
                            .init(
                                id: "fills", title: "Fills", header: ["id", "note"], numeric: [0],
                                rows: (0..<rows).map { ["\($0)", "</script><b>"] }))
                    ]),
            ])
    }

    @Test func `a page escapes what a user may have named`() {
        let html = Self.page(rows: 2).html(library: nil)
        #expect(html.contains("<h1>run &lt;1&gt;</h1>"))
        #expect(html.contains("a &quot;test&quot;"))
        #expect(html.contains("<td>&lt;/script&gt;&lt;b&gt;</td>"))
    }

    @Test func `data inside a script element can't end it`() {
        let html = Self.page(rows: 200).html(library: nil)
        #expect(html.components(separatedBy: "</script>").count == html.components(separatedBy: "<script").count)
        #expect(html.contains("\\u003c/script\\u003e"))
    }

    @Test func `a page shows static figures without the chart library and embeds nothing from outside`() {
        let html = Self.page(rows: 0).html(library: nil)
        #expect(html.contains("<svg class=\"figure\""))
        #expect(!html.contains("src=") && !html.contains("href="))
    }

    @Test func `the same page twice is the same text`() {
        #expect(Self.page(rows: 300).html(library: nil) == Self.page(rows: 300).html(library: nil))
    }

    @Test func `a long table keeps fifty rows as text and all of them as data`() {
        let html = Self.page(rows: 300).html(library: nil)
        #expect(html.components(separatedBy: "<td class=\"n\">").count - 1 == 50)
        #expect(html.contains("[\"299\","))
    }
}

@Suite struct JSONValueTests {
    @Test func `keys are sorted and money is exact text`() {
        let value = JSONValue.object([
            "b": .amount(Money(nanos: -1_500_000_001, Currency("USD")!)), "a": .array([.null, .integer(3), .boolean(true)]),
        ])
        #expect(value.compact == #"{"a":[null,3,true],"b":"-1.500000001"}"#)
        #expect(value.pretty == "{\n  \"a\": [\n    null,\n    3,\n    true\n  ],\n  \"b\": \"-1.500000001\"\n}\n")
    }

    @Test(arguments: [
        (0.0, "0"), (1.0, "1"), (-0.25, "-0.25"), (1.0 / 3, "0.333333333333"), (123_456_789.125, "123456789.125"), (1e-9, "0.000000001"),
        (1e15, "1e15"), (2e-30, "2e-30"), (-5e6, "-5000000"),
    ])
    func `ratios have twelve significant digits`(value: Double, text: String) {
        #expect(JSONValue.ratio(value) == .decimal(text))
        #expect(Double(text) == value || abs(Double(text)! - value) <= abs(value) * 1e-11)
    }

    @Test func `what is not a number is null`() {
        #expect(JSONValue.ratio(.nan) == .null)
        #expect(JSONValue.ratio(.infinity) == .null)
        #expect(JSONValue.ratio(nil) == .null)
    }
}

@Suite struct AxisTests {
    @Test func `ticks are round and inside the range`() {
        #expect(Axis.ticks(0...10) == [0, 2, 4, 6, 8, 10])
        #expect(Axis.ticks(-0.3...0.35).map { Axis.fixed($0, decimals: 1) } == ["-0.3", "-0.2", "-0.1", "0.0", "0.1", "0.2", "0.3"])
        #expect(Axis.ticks(5...5) == [5])
    }

    @Test func `labels have the decimals that the spacing needs`() {
        #expect(Axis.label(61_659.7, spacing: 0.1) == "61659.7")
        #expect(Axis.label(61_660, spacing: 5) == "61660")
    }

    @Test func `times stand at round steps`() {
        let start = Timestamp(iso8601: "2024-08-08T23:54:16Z")!.nanoseconds
        #expect(Axis.times(start...start + 345_000_000_000).map(\.label) == ["23:55", "23:56", "23:57", "23:58", "23:59", "00:00"])
    }
}

@Suite struct RunFolderTests {
    private let folder: TestFolder

    init() throws { folder = try TestFolder() }

    @Test func `an unpublished report leaves nothing and keeps the old one`() throws {
        let path = folder.path("report")
        let first = try RunFolder(path: path)
        try first.write("old", to: "report.json")
        try first.publish()
        do {
            let second = try RunFolder(path: path)
            try second.write("new", to: "report.json")
        }
        #expect(try String(contentsOfFile: path + "/report.json", encoding: .utf8) == "old")
        #expect(!FileManager.default.fileExists(atPath: path + ".part"))
        let third = try RunFolder(path: path)
        try third.write("new", to: "report.json")
        try third.publish()
        #expect(try String(contentsOfFile: path + "/report.json", encoding: .utf8) == "new")
        #expect(!FileManager.default.fileExists(atPath: path + ".old"))
    }

    @Test func `a folder of something else is never replaced`() throws {
        let path = folder.path("report")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try RunFolder(path: path + "/").write("x", to: "report.json")
        try "x".write(toFile: path + "/thesis.txt", atomically: true, encoding: .utf8)
        for name in [path, path + "/", path + "/.", path + "/..", "/", "."] {
            #expect(throws: ReportError.notAReport(path: name)) { try RunFolder(path: name) }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["thesis.txt"])
    }

    @Test func `a file in the report's place is refused`() throws {
        let path = folder.path("report")
        try "x".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(throws: ReportError.notAFolder(path: path)) { try RunFolder(path: path) }
    }

    @Test func `a full disk is said by name`() throws {
        #expect(throws: ReportError.diskFull(path: "/dev/full")) {
            let file = try OutputFile(creating: "/dev/full")
            try file.write("text")
            try file.finish()
        }
    }

    @Test func `fields with commas and quotes are quoted`() throws {
        let path = folder.path("report")
        let table = try CSVTable(creating: path, header: ["a", "b"])
        try table.append(["1,2", "say \"x\""])
        try table.finish()
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "a,b\n\"1,2\",\"say \"\"x\"\"\"\n")
    }
}
