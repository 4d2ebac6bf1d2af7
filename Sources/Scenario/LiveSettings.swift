internal import Foundation
public import Market
internal import Yams

/// Where a live run tells of itself: a file beside the scenario, which names credentials and holds none.
public struct LiveSettings: Sendable, Hashable {
    public struct Heartbeat: Sendable, Hashable {
        public var url: String
        public var every: Nanoseconds
        /// The name of a credential, sent as a bearer token.
        public var token: String?
    }

    public struct Telegram: Sendable, Hashable {
        /// Where the bot API is.
        public var url: String
        public var chat: String
        /// The name of the bot's credential.
        public var token: String
    }

    public struct Webhook: Sendable, Hashable {
        public var url: String
        public var token: String?
    }

    /// What people are told of.
    public enum Occasion: String, Sendable, Hashable, CaseIterable {
        case start, stop, cycle, alarm, kill

        /// What is said of it unless the file says otherwise.
        var text: String {
            switch self {
            case .start: "{run}: started, {strategies}"
            case .stop: "{run}: ended: {text}; holds {positions}"
            case .cycle: "{run}: {strategy} has done {cycles} cycles"
            case .alarm: "{run}: alarm: {text}"
            case .kill: "{run}: killed: {kill}; holds {positions}"
            }
        }
    }

    public var heartbeat: Heartbeat?
    public var telegram: Telegram?
    public var webhook: Webhook?
    public var templates: [Occasion: NoticeTemplate]
    public var occasions: Set<Occasion>
    /// Of the metrics, on this machine alone.
    public var metricsPort: Int?

    /// Nothing is told to anybody.
    public init() {
        (templates, occasions) = ([:], Set(Occasion.allCases))
        for occasion in Occasion.allCases {
            guard let template = try? NoticeTemplate(occasion.text) else { preconditionFailure("a text of ours is no template") }
            templates[occasion] = template
        }
    }

    /// The file that is read where none is named: nil if it isn't there.
    public static func usualPath(environment: [String: String]) -> String? {
        let home = environment["HOME"] ?? NSHomeDirectory()
        let folder = environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? home + "/.config"
        let path = folder + "/mmsim/live.yaml"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }

    /// - Throws: `ScenarioError` with everything that is wrong, in the file's order.
    public init(path: String) throws(ScenarioError) {
        guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8) else {
            throw ScenarioError(
                issues: [ScenarioIssue(file: path, line: 0, column: 0, key: "", message: "it can't be read", hint: "name a YAML file")])
        }
        try self.init(text: text, file: path)
    }

    public init(text: String, file: String) throws(ScenarioError) {
        self.init()
        let issues = IssueLog(file: file, overrides: [])
        let root = try ScenarioLoader.parse(text, file: file, advice: "it may have heartbeat, notify and metrics", start: "")
        if let top = SectionReader(root, path: "", section: nil, issues: issues) { read(top) }
        guard issues.inOrder.isEmpty else { throw ScenarioError(issues: issues.inOrder) }
    }

    private mutating func read(_ top: SectionReader) {
        Self.refuseOthers(top, ["heartbeat", "notify", "metrics"])
        if let section = top.section("heartbeat", nil) {
            Self.refuseOthers(section, ["url", "every", "token"])
            let every = section.duration("every", .seconds(1) ... .hours(24)) ?? .seconds(30)
            if let url = Self.url(section, "url") { heartbeat = Heartbeat(url: url, every: every, token: Self.credential(section)) }
        }
        if let section = top.section("notify", nil) { readNotify(section) }
        if let section = top.section("metrics", nil) {
            Self.refuseOthers(section, ["port"])
            if section.node("port") == nil { section.fail("port", "it is missing", "such as 9464") }
            metricsPort = section.integer("port", 0...65_535).map(Int.init)
        }
    }

    private mutating func readNotify(_ section: SectionReader) {
        Self.refuseOthers(section, ["telegram", "webhook", "templates", "on"])
        if let section = section.section("telegram", nil) {
            Self.refuseOthers(section, ["chat", "token", "url"])
            let (chat, token) = (Self.required(section, "chat", "the chat's number or @name"), Self.credential(section, isRequired: true))
            let url = section.node("url") == nil ? "https://api.telegram.org" : Self.url(section, "url")
            if let chat, let token, let url { telegram = Telegram(url: url, chat: chat, token: token) }
        }
        if let section = section.section("webhook", nil) {
            Self.refuseOthers(section, ["url", "token"])
            if let url = Self.url(section, "url") { webhook = Webhook(url: url, token: Self.credential(section)) }
        }
        if let section = section.section("templates", nil) {
            Self.refuseOthers(section, Occasion.allCases.map(\.rawValue))
            for occasion in Occasion.allCases {
                guard let text = section.text(occasion.rawValue) else { continue }
                do { templates[occasion] = try NoticeTemplate(text) } catch { section.fail(occasion.rawValue, error.message, error.hint) }
            }
        }
        guard let chosen = section.elements("on") else { return }
        occasions = []
        for (text, node) in chosen {
            let names = Occasion.allCases.map(\.rawValue)
            if let occasion = Occasion(rawValue: text) {
                occasions.insert(occasion)
            } else {
                section.fail(
                    "on", at: node, "'\(text)' is nothing to tell of",
                    Spelling.hint(text, names) ?? "there are: \(names.joined(separator: ", "))")
            }
        }
    }

    private static func refuseOthers(_ section: SectionReader, _ known: [String]) {
        for name in section.names where !known.contains(name) {
            section.refuse(name, "there is no such key", Spelling.hint(name, known) ?? "known keys: \(known.joined(separator: ", "))")
        }
    }

    private static func required(_ section: SectionReader, _ key: String, _ hint: String) -> String? {
        guard section.node(key) == nil else { return section.text(key) }
        section.fail(key, "it is missing", hint)
        return nil
    }

    private static func url(_ section: SectionReader, _ key: String) -> String? {
        guard let text = required(section, key, "such as https://host/path") else { return nil }
        guard text.hasPrefix("https://") || text.hasPrefix("http://") else {
            section.fail(key, "it is no URL to send to", "write it like https://host/path")
            return nil
        }
        return text
    }

    /// A credential is named: whatever may be one itself is not repeated.
    private static func credential(_ section: SectionReader, isRequired: Bool = false) -> String? {
        let hint = "name a file of the key folder"
        guard isRequired || section.node("token") != nil else { return nil }
        guard let name = required(section, "token", hint) else { return nil }
        let isName =
            name.utf8.count <= 64
            && name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == 0x2D || byte == 0x5F || byte == 0x2E
            }
        guard isName, name.first != "." else {
            section.fail("token", "it is not the name of a credential", "\(hint); the token itself stands in that file, never here")
            return nil
        }
        return name
    }
}
