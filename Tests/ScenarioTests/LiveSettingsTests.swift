import Market
import Testing

@testable import Scenario

@Suite struct LiveSettingsTests {
    private static func issues(_ text: String) -> [String] {
        do {
            _ = try LiveSettings(text: text, file: "live.yaml")
            return []
        } catch { return error.issues.map { "\($0)\($0.hint.map { "; \($0)" } ?? "")" } }
    }

    @Test func `a file says who is told of what, and names credentials`() throws {
        let text = """
            heartbeat: { url: "https://watch.example/runs", every: 10 s, token: watch-token }
            notify:
              telegram: { chat: -100123, token: bot }
              webhook: { url: "https://hooks.example/a/b" }
              on: [kill, alarm]
              templates: { kill: "{run} {{{kill}}}" }
            metrics: { port: 9464 }
            """
        let settings = try LiveSettings(text: text, file: "live.yaml")
        #expect(settings.heartbeat == .some(.init(url: "https://watch.example/runs", every: .seconds(10), token: "watch-token")))
        #expect(settings.telegram == .some(.init(url: "https://api.telegram.org", chat: "-100123", token: "bot")))
        #expect(settings.webhook == .some(.init(url: "https://hooks.example/a/b", token: nil)))
        #expect(settings.occasions == [.kill, .alarm] && settings.metricsPort == 9464)
        let kill = settings.templates[.kill].map { $0.filled { "<\($0.rawValue)>" } }
        #expect(kill == "<run> {<kill>}")
    }

    @Test func `what is not said is as usual`() throws {
        let settings = try LiveSettings(text: "heartbeat: { url: \"http://127.0.0.1:1\" }", file: "live.yaml")
        #expect(settings.heartbeat?.every == .seconds(30) && settings.heartbeat?.token == nil)
        #expect(settings.occasions == Set(LiveSettings.Occasion.allCases) && settings.metricsPort == nil)
        let start = settings.templates[.start].map { $0.filled { "<\($0.rawValue)>" } }
        #expect(start == "<run>: started, <strategies>")
    }

    @Test(arguments: [
        ("heartbeet: {}", "live.yaml:1:1: heartbeet: there is no such key; did you mean 'heartbeat'?"),
        ("heartbeat: { url: \"https://a\", evry: 3 s }", "live.yaml:1:32: heartbeat.evry: there is no such key; did you mean 'every'?"),
        ("heartbeat: { every: 30 s }", "live.yaml:1:12: heartbeat.url: it is missing; such as https://host/path"),
        ("heartbeat: { url: \"ftp://a\" }", "live.yaml:1:19: heartbeat.url: it is no URL to send to; write it like https://host/path"),
        (
            "heartbeat: { url: \"https://a\", every: 30 }",
            "live.yaml:1:39: heartbeat.every: '30' has no unit; write \"30 ms\", with ms, s, min, h or d"
        ),
        ("metrics: {}", "live.yaml:1:10: metrics.port: it is missing; such as 9464"),
        ("metrics: { port: 70000 }", "live.yaml:1:18: metrics.port: 70000 is out of range; allowed: 0 to 65535"),
        ("notify:\n  on: [kil]", "live.yaml:2:8: notify.on: 'kil' is nothing to tell of; did you mean 'kill'?"),
        (
            "notify:\n  templates: { stop: \"{rum}\" }",
            "live.yaml:2:22: notify.templates.stop: nothing is called '{rum}'; there are {run}, {time}, {state}, {kill}, {strategies}, "
                + "{strategy}, {cycles}, {text}, {positions}, {exposure}"
        ),
        (
            "notify:\n  templates: { stop: \"{run\" }",
            "live.yaml:2:22: notify.templates.stop: a '{' has no end; write '{{' for the sign itself"
        ),
        ("notify:\n  telegram: { chat: 1 }", "live.yaml:2:13: notify.telegram.token: it is missing; name a file of the key folder"),
        ("- a", "live.yaml:1:1: it is not a mapping of keys to values; it may have heartbeat, notify and metrics"),
    ])
    func `what is wrong is told with its place and what to do`(text: String, issue: String) {
        #expect(Self.issues(text) == [issue])
    }

    @Test func `a token that stands in the file is refused, and not repeated`() {
        let issues = Self.issues("notify: { telegram: { chat: 1, token: \"123456:AAE-secret\" } }")
        #expect(issues.count == 1 && issues[0].contains("it is not the name of a credential") && !issues[0].contains("AAE"))
    }

    @Test func `a template keeps braces that are doubled and refuses those that stand alone`() throws {
        #expect(try NoticeTemplate("{{run}} }}").filled { _ in "x" } == "{run} }")
        #expect(throws: NoticeTemplate.Fault.self) { try NoticeTemplate("a } b") }
        #expect(throws: NoticeTemplate.Fault.self) { try NoticeTemplate("{}") }
    }
}
