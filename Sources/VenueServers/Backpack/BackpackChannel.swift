internal import Venues

/// One stream with those who have subscribed it. A frame is encoded once and goes to all of them.
final class BackpackChannel {
    let name: String
    private let prefix = Array(#"{"data":"#.utf8)
    private let suffix: [UInt8]
    /// Ascending.
    private(set) var sockets: [SocketID] = []

    init(_ name: String) {
        self.name = name
        suffix = Array(#","stream":"\#(name)"}"#.utf8)
    }

    var isHeard: Bool { !sockets.isEmpty }

    func add(_ socket: SocketID) {
        guard !sockets.contains(socket) else { return }
        sockets.append(socket)
        sockets.sort { $0.rawValue < $1.rawValue }
    }

    func remove(_ socket: SocketID) { sockets.removeAll { $0 == socket } }

    func frame(_ data: String) -> [UInt8] {
        var frame = prefix
        frame.reserveCapacity(prefix.count + suffix.count + data.utf8.count)
        frame += data.utf8
        frame += suffix
        return frame
    }
}
