internal import Foundation
internal import NIOCore

/// Cuts what comes into lines, and says when one is too long.
final class LineCutter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = Line

    enum Line: Sendable {
        case whole([UInt8])
        /// No end of the line within what may be held: nothing more is read.
        case tooLong
    }

    private let limit: Int
    private var held: [UInt8] = []
    private var hasOverflown = false

    init(limit: Int) { self.limit = limit }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasOverflown else { return }
        for byte in unwrapInboundIn(data).readableBytesView {
            if byte == UInt8(ascii: "\n") {
                let line = held
                held.removeAll(keepingCapacity: true)
                context.fireChannelRead(wrapInboundOut(.whole(line)))
            } else if held.count < limit {
                held.append(byte)
            } else {
                hasOverflown = true
                held = []
                context.fireChannelRead(wrapInboundOut(.tooLong))
                return
            }
        }
    }
}
