import Market
import Runtime
import Scenario
import Testing

@Suite struct TelemetryWatchTests {
    static func status(
        cycles: Int? = 0, kill: String? = nil, alarms: [String] = [], alarmCount: Int64? = nil, run: String = "night"
    ) throws -> RunStatus {
        let all = alarms.map { "{\"time\":\"t\",\"source\":\"one\",\"text\":\"\($0)\"}" }.joined(separator: ",")
        return try RunStatus(
            json: """
                {"run":"\(run)","scenario":"abc","process":1,"time":"2026-01-01T00:00:00Z","uptimeSeconds":61,"state":"running",
                "kill":\(kill.map { "\"\($0)\"" } ?? "null"),
                "strategies":[{"name":"hedge","phase":"holding","cyclesDone":\(cycles.map { "\($0)" } ?? "null"),"changed":{},
                "exposure":{"currency":"BTC","pending":"0.01","inFlight":"0","need":"-0.01","sinceMilliseconds":1500,"state":"hedging",
                "failures":1}}],
                "venues":[{"name":"one","streams":[{"name":"public","state":"up","silentMilliseconds":10},{"name":"M","state":"down"}],
                "clockOffsetMilliseconds":"-1.5","books":[{"instrument":"BTC_USDC_PERP","state":"synchronised","ageMilliseconds":70,
                "bid":"1","ask":"2"}]}],
                "accounts":[{"name":"M","venue":"one","balances":[{"currency":"USDC","amount":"100.5","equity":"101"}],
                "positions":[{"instrument":"BTC_USDC_PERP","quantity":"-0.5","value":"-30000","currency":"USDC"}],"orders":[],
                "requests":{"used":7,"limit":2000,"reserved":400,"perSeconds":60}}],
                "counts":{"orders":5,"fills":4,"lateFills":1,"rejects":0,"denials":2,"unknowns":0,"liquidations":0,
                "alarms":\(alarmCount ?? Int64(alarms.count))},
                "alarms":[\(all)],"notes":[],"journal":{"records":9,"lagMilliseconds":1250}}
                """)
    }

    private static func time(_ seconds: Int64) -> Timestamp { Timestamp(nanoseconds: seconds * 1_000_000_000) }

    private static func watch(_ text: String = "heartbeat: { url: \"https://a\", every: 30 s }") throws -> TelemetryWatch {
        TelemetryWatch(try LiveSettings(text: text, file: "live.yaml"))
    }

    private static func notices(_ messages: [TelemetryMessage]) -> [String] {
        messages.compactMap { if case .notice(_, let text) = $0 { text } else { nil } }
    }

    private static func heartbeats(_ messages: [TelemetryMessage]) -> [String] {
        messages.compactMap { if case .heartbeat(let json) = $0 { json } else { nil } }
    }

    @Test func `a heartbeat comes at once and then as often as was asked, with what somebody who watches wants`() throws {
        var watch = try Self.watch()
        let beats = try [0, 1, 29, 30, 31, 95].map { Self.heartbeats(watch.observe(try Self.status(), at: Self.time($0))).count }
        #expect(beats == [1, 0, 0, 1, 0, 1])
        let json = try #require(Self.heartbeats(watch.observe(try Self.status(), at: Self.time(200))).first)
        for part in [
            "\"run\":\"night\"", "\"time\":\"2026-01-01T00:00:00Z\"", "\"state\":\"running\"", "\"quantity\":\"-0.5\"",
            "\"equity\":\"101\"",
            "\"pending\":\"0.01\"", "\"venues\":{\"one\":", "\"unknownOrders\":0",
        ] { #expect(json.contains(part), "\(part) in \(json)") }
        #expect(!json.contains("\n"))
    }

    @Test func `people are told of the start, of cycles, a kill and the end, each once`() throws {
        var watch = try Self.watch("notify: {}")
        #expect(Self.notices(watch.observe(try Self.status(cycles: 3), at: Self.time(0))) == ["night: started, hedge"])
        #expect(Self.notices(watch.observe(try Self.status(cycles: 3), at: Self.time(1))).isEmpty)
        #expect(Self.notices(watch.observe(try Self.status(cycles: 4), at: Self.time(2))) == ["night: hedge has done 4 cycles"])
        let killed = try Self.status(cycles: 4, kill: "K2 cancel all")
        #expect(
            Self.notices(watch.observe(killed, at: Self.time(3))) == ["night: killed: K2 cancel all; holds M -0.5 BTC_USDC_PERP"])
        #expect(Self.notices(watch.observe(killed, at: Self.time(4))).isEmpty)
        let flattened = try Self.status(cycles: 4, kill: "K4 flatten")
        #expect(Self.notices(watch.observe(flattened, at: Self.time(5))).count == 1)
        #expect(Self.notices(watch.end(flattened, because: "asked to stop")) == ["night: ended: asked to stop; holds M -0.5 BTC_USDC_PERP"])
    }

    @Test func `a crowd of alarms is one message`() throws {
        var watch = try Self.watch("notify: { on: alarm }")
        let told = try [(0, 0), (1, 1), (2, 4), (10, 4), (11, 4), (12, 4), (25, 13)].map { second, count in
            let alarms = (0..<count).suffix(8).map { "number \($0 + 1)" }
            return Self.notices(watch.observe(try Self.status(alarms: alarms, alarmCount: Int64(count)), at: Self.time(Int64(second))))
        }
        let newest = (9...13).map { "one: number \($0)" }.joined(separator: "; ")
        #expect(
            told == [
                [], ["night: alarm: one: number 1"], [], [], ["night: alarm: one: number 2; one: number 3; one: number 4"], [],
                ["night: alarm: \(newest) (and 4 more)"],
            ])
    }

    @Test func `only what was asked for is told, in the words that were`() throws {
        var watch = try Self.watch("notify: { on: [cycle], templates: { cycle: \"{strategy} {cycles} {exposure} {state} {time}\" } }")
        #expect(watch.observe(try Self.status(), at: Self.time(0)).isEmpty)
        #expect(
            Self.notices(watch.observe(try Self.status(cycles: 1), at: Self.time(1))) == [
                "hedge 1 hedge 0.01 BTC running 2026-01-01T00:00:00Z"
            ])
    }

    @Test func `metrics have help and type, labels in order and escaped, and every name once`() throws {
        var count = TelemetryCount(receiver: "telegram")
        (count.sent, count.failed) = (3, 1)
        let text = TelemetryMetrics(try Self.status(kill: "K2 cancel all", run: "a\\\"b\\\\c\\nd"), [count]).text
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let run = "run=\"a\\\"b\\\\c\\nd\""
        for line in [
            "# HELP mmsim_up Whether the run sends orders.", "# TYPE mmsim_up gauge", "mmsim_up{\(run)} 1", "mmsim_kill_level{\(run)} 2",
            "# TYPE mmsim_fills_total counter", "mmsim_fills_total{\(run)} 4",
            "mmsim_position{account=\"M\",instrument=\"BTC_USDC_PERP\",\(run)} -0.5",
            "mmsim_stream_up{\(run),stream=\"M\",venue=\"one\"} 0",
            "mmsim_book_age_seconds{instrument=\"BTC_USDC_PERP\",\(run),venue=\"one\"} 0.070",
            "mmsim_exposure_age_seconds{currency=\"BTC\",\(run),strategy=\"hedge\"} 1.500", "mmsim_journal_lag_seconds{\(run)} 1.250",
            "mmsim_telemetry_sent_total{receiver=\"telegram\",\(run)} 3",
        ] { #expect(lines.contains(line), "\(line)") }
        #expect(lines.last == "")
        let types = lines.filter { $0.hasPrefix("# TYPE ") }
        #expect(Set(types).count == types.count && types.count == lines.count { $0.hasPrefix("# HELP ") })
        let samples = lines.filter { !$0.hasPrefix("#") && !$0.isEmpty }
        #expect(Set(samples.map { $0.prefix { $0 != "}" } }).count == samples.count)
    }
}
