import Foundation
import Testing

/// The rules that a compiler can't check: which layer may import and call what, and what no source may hold.
@Suite struct TidyTests {
    @Test func `imports point only downwards`() throws {
        let package = try PackageLayers(manifest: SourceTree.text("Package.swift"))
        var complaints: [String] = []
        for file in try SourceTree.swiftFiles(under: "Sources") {
            guard let allowed = package.dependencies[file.target] else {
                complaints.append("\(file.path):1 target '\(file.target)' is not in Package.swift")
                continue
            }
            for (number, line) in file.lines.enumerated() {
                guard let module = importedModule(line) else { continue }
                let system = Layers.pure.contains(file.target) ? Layers.systemModulesOfPureLayers : Layers.systemModules
                if !allowed.contains(module), !system.contains(module), Layers.exceptions[file.path]?.contains(module) != true {
                    complaints.append(
                        "\(file.path):\(number + 1) '\(file.target)' imports '\(module)': import only what Package.swift lists")
                }
            }
        }
        #expect(complaints == [])
    }

    @Test func `pure layers call no clock, file, socket or entropy`() throws {
        var complaints: [String] = []
        for file in try SourceTree.swiftFiles(under: "Sources") where Layers.pure.contains(file.target) {
            for (number, line) in file.lines.enumerated() {
                let code = withoutComment(line)
                for (call, instead) in Layers.bannedInPureLayers where code.contains(call) {
                    complaints.append("\(file.path):\(number + 1) '\(call)': \(instead)")
                }
            }
        }
        #expect(complaints == [])
    }

    @Test func `only the network opens sockets`() throws {
        let package = try PackageLayers(manifest: SourceTree.text("Package.swift"))
        var complaints: [String] = []
        for (layer, modules) in package.dependencies.sorted(by: { $0.key < $1.key }) where !Layers.networked.contains(layer) {
            let allowed = Layers.looped.contains(layer) ? Layers.eventLoop : []
            for module in modules.sorted() where module.hasPrefix("NIO") && !allowed.contains(module) {
                complaints.append("Package.swift: '\(layer)' uses '\(module)': only Network opens sockets")
            }
        }
        for file in try SourceTree.swiftFiles(under: "Sources") where !Layers.networked.contains(file.target) {
            for (number, line) in file.lines.enumerated() {
                for call in Layers.socketCalls where withoutComment(line).contains(call) {
                    complaints.append("\(file.path):\(number + 1) '\(call)': only Network opens sockets")
                }
            }
        }
        #expect(complaints == [])
        #expect(package.dependencies["Network"]?.contains("NIOSSL") == true)
    }

    @Test func `the program for what needs no socket builds no network`() throws {
        let package = try PackageLayers(manifest: SourceTree.text("Package.swift"))
        var reached: Set = ["mmsim"]
        var frontier = ["mmsim"]
        while let layer = frontier.popLast() {
            for module in package.dependencies[layer] ?? [] where reached.insert(module).inserted { frontier.append(module) }
        }
        #expect(reached.contains("Market") && !reached.contains("Network"))
        #expect(reached.filter { $0.hasPrefix("NIO") } == [])
    }

    @Test func `no source holds what is banned everywhere`() throws {
        var complaints: [String] = []
        for root in ["Sources", "Tests", "Benchmarks", "Examples"] {
            for file in try SourceTree.swiftFiles(under: root) where !file.path.hasPrefix("Tests/TidyTests/") {
                for (number, line) in file.lines.enumerated() {
                    for (text, instead) in Layers.bannedEverywhere where line.contains(text) {
                        complaints.append("\(file.path):\(number + 1) '\(text)': \(instead)")
                    }
                    if line.count > 140 { complaints.append("\(file.path):\(number + 1) is \(line.count) columns wide: break it at 140") }
                }
                if file.lines.count > 500 { complaints.append("\(file.path) has \(file.lines.count) lines: which concept wants out?") }
            }
        }
        #expect(complaints == [])
    }

    @Test func `a planted violation is found`() throws {
        #expect(importedModule("public import Runtime") == "Runtime")
        #expect(importedModule("@testable import Market") == "Market")
        #expect(importedModule("import struct Foundation.Date") == "Foundation")
        #expect(importedModule("important(x)") == nil)
        #expect(withoutComment("let a = 1 // Date()") == "let a = 1 ")
        let yams = "let yams: Target.Dependency = .product(name: \"Yams\", package: \"Yams\")\n"
        let layers = try PackageLayers(manifest: yams + "layer(\"A\", [\"B\", yams]),\nlayer(\"C\"),")
        #expect(layers.dependencies == ["A": ["B", "Yams"], "C": []])
    }
}

private enum Layers {
    /// Nothing here opens a file, reads a clock or draws entropy (Tape: its own file, through SQLite).
    static let pure: Set = ["Market", "Signing", "Trading", "Tape", "Strategies", "Venues", "Simulation", "VenueServers"]
    /// What may use the network's libraries.
    static let networked: Set = ["Network"]
    /// What may use of them the event loop that everything of a live run is on.
    static let looped: Set = ["Live", "latencybench"]
    static let eventLoop: Set = ["NIOCore", "NIOPosix"]
    static let socketCalls = ["socket(AF_", "getaddrinfo(", "URLSession"]
    static let systemModules: Set = ["Foundation", "Glibc", "Synchronization", "Dispatch"]
    static let systemModulesOfPureLayers: Set<String> = []
    /// One file may import more than its layer: with the reason.
    static let exceptions: [String: Set<String>] = [
        // log, exp and fractional powers of the generated market go through this one file.
        "Sources/Simulation/Fractional.swift": ["Glibc"],
        // access(2), unlink(2) and rename(2) of the tape's own file.
        "Sources/Tape/TapeFile.swift": ["Glibc"],
    ]
    static let bannedInPureLayers = [
        ("Date()", "take a Timestamp as an argument"),
        ("ContinuousClock", "take a Timestamp as an argument"),
        ("clock_gettime", "take a Timestamp as an argument"),
        ("SystemRandomNumberGenerator", "take a SeededGenerator as an argument"),
        (".randomElement(", "take a SeededGenerator as an argument"),
        (".shuffled()", "take a SeededGenerator as an argument"),
        ("hashValue", "it differs between processes: use a hash of our own"),
        ("FileManager", "only layers above the line open files"),
        ("fopen(", "only layers above the line open files"),
        ("socket(", "only Network opens sockets"),
        ("Task.sleep", "ask the driver for a wake"),
    ]
    static let bannedEverywhere = [
        ("try!", "handle the error, or say with a precondition which rule was broken"),
        ("TODO", "finish it"), ("FIXME", "finish it"), ("XXX", "finish it"),
        ("as! ", "use `as?` and say which rule was broken"),
        ("print(\"DEBUG", "delete it"),
    ]
}

private func importedModule(_ line: String) -> String? {
    var words = line.split(separator: " ").map(String.init)
    while let first = words.first, ["public", "internal", "package", "private", "@testable", "@_exported"].contains(first) {
        words.removeFirst()
    }
    guard words.first == "import", words.count >= 2 else { return nil }
    let kinds: Set = ["struct", "class", "enum", "func", "protocol", "var", "let", "typealias"]
    let name = kinds.contains(words[1]) && words.count >= 3 ? words[2] : words[1]
    return name.split(separator: ".").first.map(String.init)
}

private func withoutComment(_ line: String) -> String {
    line.range(of: "//").map { String(line[..<$0.lowerBound]) } ?? line
}

/// The targets of `Package.swift` and what each may import.
private struct PackageLayers {
    var dependencies: [String: Set<String>] = [:]

    init(manifest: String) throws {
        let flat = manifest.replacingOccurrences(of: "\n", with: " ")
        var products: [String: String] = [:]
        for match in flat.matches(of: /let (\w+): Target\.Dependency = \.product\(name: "(\w+)"/) {
            products[String(match.output.1)] = String(match.output.2)
        }
        for match in flat.matches(of: /(?:layer\(\s*|executableTarget\(\s*name:\s*)"([\w-]+)"(?:,\s*(?:dependencies:\s*)?\[([^\]]*)\])?/) {
            let names = (match.output.2 ?? "").split(separator: ",").map { part -> String in
                let word = part.trimmingCharacters(in: CharacterSet(charactersIn: " \"\n"))
                return products[word] ?? word
            }
            dependencies[String(match.output.1)] = Set(names.filter { !$0.isEmpty })
        }
    }
}

private struct SourceFile {
    var path: String
    var target: String
    var lines: [String]
}

private enum SourceTree {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    static func swiftFiles(under folder: String) throws -> [SourceFile] {
        let base = root.appending(path: folder)
        guard let walker = FileManager.default.enumerator(at: base, includingPropertiesForKeys: nil) else { return [] }
        var files: [SourceFile] = []
        for case let url as URL in walker where url.pathExtension == "swift" {
            let relative = String(url.path.dropFirst(root.path.count)).trimmingCharacters(in: CharacterSet(charactersIn: "/"))
            let parts = relative.split(separator: "/").map(String.init)
            let lines = try String(contentsOf: url, encoding: .utf8).components(separatedBy: "\n")
            files.append(SourceFile(path: relative, target: parts.count > 2 ? parts[1] : "", lines: lines))
        }
        return files.sorted { $0.path < $1.path }
    }
}
