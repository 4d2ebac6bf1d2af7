internal import Foundation
public import NIOCore
internal import NIOPosix

/// Asks a running process by its control socket.
public enum ControlClient {
    private static let answerLimit = 4 << 20

    /// Asks once and waits for the answer; not to be called on an event loop.
    ///
    /// - Parameter patience: How long the answer may take.
    public static func ask(_ request: ControlRequest, at path: String, patience: TimeAmount = .seconds(30)) throws(ControlError)
        -> ControlAnswer
    {
        guard path.utf8.count <= ControlSocket.longestPath else { throw .pathTooLong(path, longest: ControlSocket.longestPath) }
        do { return try answer(request, path, on: MultiThreadedEventLoopGroup.singleton.next(), patience).wait() } catch {
            throw error as? ControlError ?? .noAnswer(path, reason: reason(error))
        }
    }

    /// Whether a process listens there.
    public static func isRunning(at path: String) -> Bool {
        guard path.utf8.count <= ControlSocket.longestPath else { return false }
        return (try? isAnswering(path, on: MultiThreadedEventLoopGroup.singleton.next()).wait()) ?? false
    }

    static func isAnswering(_ path: String, on loop: any EventLoop) -> EventLoopFuture<Bool> {
        guard FileManager.default.fileExists(atPath: path) else { return loop.makeSucceededFuture(false) }
        return ClientBootstrap(group: loop).connectTimeout(.seconds(5)).connect(unixDomainSocketPath: path)
            .map { channel in
                channel.close(promise: nil)
                return true
            }
            .flatMapErrorWithEventLoop { error, loop in
                // A process that has no room for another connection lives all the same.
                let isGone = [ECONNREFUSED, ENOENT, ENOTSOCK].contains((error as? IOError)?.errnoCode ?? 0)
                return loop.makeSucceededFuture(!isGone)
            }
    }

    private static func answer(
        _ request: ControlRequest, _ path: String, on loop: any EventLoop, _ patience: TimeAmount
    ) -> EventLoopFuture<ControlAnswer> {
        let promise = loop.makePromise(of: ControlAnswer.self)
        let timer = loop.scheduleTask(in: patience) { promise.fail(ControlError.noAnswer(path, reason: "it took too long")) }
        ClientBootstrap(group: loop).connectTimeout(.seconds(5))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        LineCutter(limit: answerLimit), AnswerReader(path: path, promise: promise),
                    ])
                }
            }
            .connect(unixDomainSocketPath: path)
            .whenComplete { result in
                switch result {
                case .success(let channel):
                    channel.writeAndFlush(ByteBuffer(string: request.line), promise: nil)
                    promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
                case .failure(let error):
                    let isGone = [ECONNREFUSED, ENOENT, ENOTSOCK].contains((error as? IOError)?.errnoCode ?? 0)
                    promise.fail(isGone ? ControlError.notRunning(path) : ControlError.noAnswer(path, reason: reason(error)))
                }
            }
        promise.futureResult.whenComplete { _ in timer.cancel() }
        return promise.futureResult
    }

    static func reason(_ error: any Error) -> String {
        (error as? IOError).map { unsafe String(cString: strerror($0.errnoCode)) } ?? "the connection failed"
    }
}

private final class AnswerReader: ChannelInboundHandler {
    typealias InboundIn = LineCutter.Line

    private let path: String
    private let promise: EventLoopPromise<ControlAnswer>

    init(path: String, promise: EventLoopPromise<ControlAnswer>) { (self.path, self.promise) = (path, promise) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .whole(let line) = unwrapInboundIn(data), let answer = ControlAnswer(line: line) else {
            return promise.fail(ControlError.noAnswer(path, reason: "what it said is no answer"))
        }
        promise.succeed(answer)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(ControlError.noAnswer(path, reason: "it closed the connection"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(ControlError.noAnswer(path, reason: ControlClient.reason(error)))
    }
}
