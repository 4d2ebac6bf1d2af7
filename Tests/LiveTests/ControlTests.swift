import Foundation
import NIOCore
import NIOPosix
import TestSupport
import Testing
import Trading

@testable import Live

/// A server in a state folder of its own, and what it was asked.
private final class Controlled: Sendable {
    let scratch: TestFolder
    let loop: any EventLoop
    let server: NIOLoopBound<ControlServer>
    let path: String

    /// - Parameter answer: Of what is asked; nil: never.
    init(
        _ name: String = "night", in folder: TestFolder? = nil, limits: ControlServer.Limits = .init(),
        answer: @escaping @Sendable (ControlRequest) -> ControlAnswer? = { .done("did \($0)") }
    ) throws {
        scratch = try folder ?? TestFolder()
        loop = MultiThreadedEventLoopGroup.singleton.next()
        let (loop, path) = (loop, ControlSocket.path(state: scratch.path, run: name))
        self.path = path
        server = try loop.submit {
            let server = ControlServer(path: path, on: loop, limits: limits) { request in
                answer(request).map { loop.makeSucceededFuture($0) } ?? loop.makePromise(of: ControlAnswer.self).futureResult
            }
            return NIOLoopBound(server, eventLoop: loop)
        }.wait()
        let own = server
        try loop.flatSubmit { own.value.start() }.wait()
    }

    func stop() throws {
        let own = server
        try loop.submit { own.value.stop() }.wait()
    }
}

/// Sends bytes as they are, and reads until the other end closes or has said enough.
private func exchange(_ path: String, _ bytes: [UInt8], lines: Int) throws -> [String] {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let promise = loop.makePromise(of: [String].self)
    let channel = try ClientBootstrap(group: loop)
        .channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Listener(lines, promise)) }
        }
        .connect(unixDomainSocketPath: path).wait()
    channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    let said = try promise.futureResult.wait()
    try? channel.close().wait()
    return said
}

private final class Listener: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let wanted: Int
    private let promise: EventLoopPromise<[String]>
    private var text = ""

    init(_ wanted: Int, _ promise: EventLoopPromise<[String]>) { (self.wanted, self.promise) = (wanted, promise) }

    private var lines: [String] { text.split(separator: "\n").map(String.init) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        text += String(buffer: unwrapInboundIn(data))
        if lines.count >= wanted { promise.succeed(lines) }
    }
    func channelInactive(context: ChannelHandlerContext) { promise.succeed(lines) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

@Suite struct ControlTests {
    @Test(
        arguments: [
            .status, .stop, .kill(.stopQuoting), .kill(.flatten), .flatten, .set(key: "xemm.min_net", value: "4 \"bp\"\n"),
        ] as [ControlRequest])
    func `what is asked arrives as it was meant, and the answer comes back`(request: ControlRequest) throws {
        let controlled = try Controlled()
        #expect(try ControlClient.ask(request, at: controlled.path) == .done("did \(request)"))
        try controlled.stop()
    }

    @Test func `socket and folder are the owner's alone, and gone after the end`() throws {
        let controlled = try Controlled()
        func mode(_ path: String) throws -> Int? {
            (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue
        }
        #expect(try mode(controlled.path) == 0o600)
        #expect(try mode(ControlSocket.folder(state: controlled.scratch.path)) == 0o700)
        #expect(ControlSocket.names(state: controlled.scratch.path) == ["night"] && ControlClient.isRunning(at: controlled.path))
        try controlled.stop()
        #expect(ControlSocket.names(state: controlled.scratch.path).isEmpty && !ControlClient.isRunning(at: controlled.path))
        #expect(throws: ControlError.notRunning(controlled.path)) { try ControlClient.ask(.status, at: controlled.path) }
    }

    @Test func `the socket of a process that lives is left alone, that of a dead one replaced`() throws {
        let first = try Controlled()
        #expect(throws: ControlError.inUse(first.path)) { try Controlled(in: first.scratch) }
        #expect(try ControlClient.ask(.status, at: first.path).isDone)
        // What a killed process leaves: a socket that nobody listens on.
        let kept = first.path + ".kept"
        try FileManager.default.moveItem(atPath: first.path, toPath: kept)
        try first.stop()
        try FileManager.default.moveItem(atPath: kept, toPath: first.path)
        #expect(ControlSocket.names(state: first.scratch.path) == ["night"] && !ControlClient.isRunning(at: first.path))
        let second = try Controlled(in: first.scratch)
        #expect(try ControlClient.ask(.status, at: second.path).isDone)
        try second.stop()
    }

    @Test func `a file that is no socket is not taken away`() throws {
        let scratch = try TestFolder()
        let path = ControlSocket.path(state: scratch.path, run: "night")
        try FileManager.default.createDirectory(atPath: ControlSocket.folder(state: scratch.path), withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: URL(filePath: path))
        #expect(throws: ControlError.self) { try Controlled(in: scratch) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
    }

    @Test func `a path that the system can't take is refused with what to do`() throws {
        let name = String(repeating: "n", count: 120)
        let path = ControlSocket.path(state: "/s", run: name)
        #expect(throws: ControlError.pathTooLong(path, longest: 107)) { try ControlClient.ask(.status, at: path) }
        let scratch = try TestFolder()
        do {
            _ = try Controlled(name, in: scratch)
            Issue.record("it listens")
        } catch let error as ControlError {
            #expect(error.message.contains("107 at most") && error.hint?.contains("--state") == true)
        }
    }

    @Test(arguments: [
        ("", "the request is not understood"), ("hello", "the request is not understood"), ("{}", "the request is not understood"),
        ("[1,2]", "the request is not understood"), ("{\"request\":\"dance\"}", "there is no such request"),
        ("{\"request\":\"kill\"}", "there is no such request"), ("{\"request\":\"kill\",\"level\":9}", "there is no kill level 9"),
        ("{\"request\":\"kill\",\"level\":-1}", "the request is not understood"),
        ("{\"request\":\"set\",\"key\":\"a\"}", "there is no such request"),
        ("{\"request\":\"status\",\"level\":1}", "there is no such request"),
    ])
    func `what is no request is answered by what is wrong with it, and the connection goes on`(line: String, text: String) throws {
        let controlled = try Controlled()
        let said = try exchange(controlled.path, Array((line + "\n{\"request\":\"status\"}\n").utf8), lines: 2)
        #expect(said.count == 2 && said[0].contains("\"done\":false") && said[0].contains(text), "\(said)")
        #expect(said.last?.contains("did status") == true)
        try controlled.stop()
    }

    @Test func `bytes of any sort do no harm`() throws {
        let controlled = try Controlled()
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20 {
            let bytes = (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) }.map { $0 == 10 ? 11 : $0 } + [10]
            #expect(try exchange(controlled.path, bytes, lines: 1).first?.contains("\"done\":false") == true)
        }
        #expect(try ControlClient.ask(.status, at: controlled.path).isDone)
        try controlled.stop()
    }

    @Test func `a line without an end is cut off`() throws {
        let controlled = try Controlled()
        let said = try exchange(controlled.path, [UInt8](repeating: 120, count: 10_000), lines: 9)
        #expect(said.count == 1 && said[0].contains("longer than 4096 bytes"))
        #expect(try ControlClient.ask(.status, at: controlled.path).isDone)
        try controlled.stop()
    }

    @Test func `there are so many connections and waiting requests, and no more`() throws {
        var limits = ControlServer.Limits()
        (limits.connections, limits.waiting) = (1, 2)
        let controlled = try Controlled(limits: limits) { $0 == .stop ? nil : .done("") }
        let request = "{\"request\":\"stop\"}\n"
        let said = try exchange(controlled.path, Array((request + request + request).utf8), lines: 9)
        #expect(said.count == 1 && said[0].contains("too many requests at once"))
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let first = try ClientBootstrap(group: loop).connect(unixDomainSocketPath: controlled.path).wait()
        let refused = try exchange(controlled.path, [], lines: 1)
        #expect(refused.first?.contains("too many connections") == true)
        try first.close().wait()
        try controlled.stop()
    }

    @Test func `who asks nothing is not waited for, and who gets no answer is told so`() throws {
        var limits = ControlServer.Limits()
        limits.idle = .milliseconds(50)
        let controlled = try Controlled(limits: limits) { _ in nil }
        #expect(try exchange(controlled.path, [], lines: 1).isEmpty)
        #expect(throws: ControlError.noAnswer(controlled.path, reason: "it took too long")) {
            try ControlClient.ask(.status, at: controlled.path, patience: .milliseconds(100))
        }
        try controlled.stop()
    }

    @Test(
        arguments: [
            (nil, ["MMSIM_STATE": "/m", "XDG_STATE_HOME": "/x", "HOME": "/h"], "/m"), ("/a", ["MMSIM_STATE": "/m"], "/a"),
            (nil, ["XDG_STATE_HOME": "/x", "HOME": "/h"], "/x/mmsim"),
            (nil, ["XDG_STATE_HOME": "x", "HOME": "/h"], "/h/.local/state/mmsim"),
        ] as [(String?, [String: String], String)])
    func `the state folder is the one that is named, else the environment's`(asked: String?, environment: [String: String], found: String) {
        #expect(StateFolder(stated: asked, environment: environment).path == found)
    }
}

/// The commands, against a process that answers.
@Suite struct SteeringCommandTests {
    private static func answer(_ request: ControlRequest) -> ControlAnswer {
        switch request {
        case .status: .done("{}")
        case .set(let key, _) where key == "makers": .refused("'makers' can't change while the run goes on", hint: "stop the run")
        default: .done("did \(request)")
        }
    }

    @Test func `without a run there is nothing to steer, and every command says so`() throws {
        let programs = try LivePrograms()
        for words in [["status"], ["stop"], ["kill", "K2"], ["flatten", "--yes"], ["set", "a=1"]] {
            let ended = try programs.start(words + ["--state", programs.path("state")]).ended()
            #expect((ended.code, ended.out) == (1, ""))
            #expect(ended.error.hasPrefix("error: no run goes on\nhint: start one with `mmsim live`"), "\(ended.error)")
        }
    }

    @Test func `the only run is meant, and what it says is printed`() throws {
        let (programs, controlled) = (try LivePrograms(), try Controlled(answer: Self.answer))
        let state = ["--state", controlled.scratch.path]
        func said(_ words: String...) throws -> LivePrograms.Outcome { try programs.start(words + state).ended() }
        #expect(try said("stop") == .init(code: 0, out: "did stop\n", error: ""))
        #expect(try said("kill") == .init(code: 0, out: "did kill(Trading.KillLevel.cancelAll)\n", error: ""))
        #expect(try said("kill", "K4", "--yes").out == "did kill(Trading.KillLevel.flatten)\n")
        #expect(try said("flatten", "--yes").out == "did flatten\n")
        #expect(try said("status", "--json") == .init(code: 0, out: "{}\n", error: ""))
        let set = try said("set", "min_net=4 bp", "buffer=1 bp=2")
        #expect(set.out == "did set(key: \"min_net\", value: \"4 bp\")\ndid set(key: \"buffer\", value: \"1 bp=2\")\n")
        let refused = try said("set", "makers=both")
        #expect(
            refused == .init(code: 1, out: "", error: "error: night: 'makers' can't change while the run goes on\nhint: stop the run\n"))
        try controlled.stop()
    }

    @Test func `what can't be undone is not done without a word, and nothing where a word is wrong`() throws {
        let (programs, controlled) = (try LivePrograms(), try Controlled(answer: Self.answer))
        let state = ["--state", controlled.scratch.path]
        for words in [["flatten"], ["kill", "k4"]] {
            let refused = try programs.start(words + state).ended()
            #expect((refused.code, refused.out) == (2, ""))
            #expect(refused.error.hasSuffix("nobody can be asked whether that is meant\nhint: say so with --yes\n"))
        }
        let level = try programs.start(["kill", "K5"] + state).ended()
        #expect(level.code == 2 && level.error.hasPrefix("error: there is no kill level 'K5'\nhint: levels are K1 to K4"))
        let pair = try programs.start(["set", "min_net"] + state).ended()
        #expect(pair.code == 2 && pair.error.hasPrefix("error: 'min_net' is not KEY=VALUE\n"))
        let status = try programs.start(["status"] + state).ended()
        #expect(status.code == 1 && status.error.hasPrefix("error: night: what it says of itself is not understood\n"))
        try controlled.stop()
    }

    @Test func `of several runs one has to be named`() throws {
        let programs = try LivePrograms()
        let first = try Controlled("day", answer: Self.answer)
        let second = try Controlled("night", in: first.scratch, answer: Self.answer)
        let state = ["--state", first.scratch.path]
        let asked = try programs.start(["stop"] + state).ended()
        #expect(asked == .init(code: 2, out: "", error: "error: several runs go on: day, night\nhint: say which: --run day\n"))
        #expect(try programs.start(["stop", "--run", "night"] + state).ended().out == "did stop\n")
        let wrong = try programs.start(["stop", "--run", "dusk"] + state).ended()
        #expect(wrong == .init(code: 1, out: "", error: "error: no run 'dusk' goes on\nhint: there are: day, night\n"))
        #expect(try programs.start(["status", "--json"] + state).ended().out == "{}\n{}\n")
        try first.stop()
        try second.stop()
    }

    @Test func `who waits for the end sees it`() throws {
        let programs = try LivePrograms()
        let controlled = try Controlled(answer: Self.answer)
        let waiting = try programs.start(["stop", "--wait", "--state", controlled.scratch.path])
        try waiting.wait(for: "stopped") { $0.out.contains("did stop") }
        try controlled.stop()
        #expect(try waiting.ended() == .init(code: 0, out: "did stop\nnight has ended\n", error: ""))
    }
}
