public import Market
internal import Signing
public import Venues

/// A client's connection.
struct ServedSocket {
    /// Everything that it has subscribed.
    var channels: [BackpackChannel] = []
    var pingDue: Timestamp
    /// When it was last known to be there.
    var answeredAt: Timestamp
}

/// Connections and what they subscribe.
extension BackpackServer {
    public func opened(_ socket: SocketID, at time: Timestamp) {
        advance(to: time)
        forget(socket)
        sockets[socket] = ServedSocket(pingDue: now + configuration.pingEvery, answeredAt: now)
        startSecond()
    }

    /// The connection is gone.
    public func closed(_ socket: SocketID, at time: Timestamp) {
        advance(to: time)
        forget(socket)
    }

    func forget(_ socket: SocketID) {
        for channel in sockets.removeValue(forKey: socket)?.channels ?? [] { channel.remove(socket) }
    }

    /// The client answered a ping.
    public func heard(_ socket: SocketID, at time: Timestamp) {
        advance(to: time)
        sockets[socket]?.answeredAt = now
    }

    func keepAlive() {
        guard nextPing <= now else { return }
        for socket in sockets.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            guard let state = sockets[socket] else { continue }
            if state.answeredAt + configuration.pongWithin <= now {
                act(.close(socket))
                forget(socket)
            } else if state.pingDue <= now {
                act(.ping(socket))
                sockets[socket]?.pingDue = now + configuration.pingEvery
            }
        }
    }

    var nextPing: Timestamp {
        var next = Timestamp.never
        for state in sockets.values { next = min(next, state.pingDue, state.answeredAt + configuration.pongWithin) }
        return next
    }

    // MARK: Frames

    private enum SocketFault: Error {
        case notUnderstood, invalidSignature, invalidStream

        var frame: [UInt8] {
            let (code, message) =
                switch self {
                case .notUnderstood: (4000, "Invalid request")
                case .invalidSignature: (4003, "Invalid signature")
                case .invalidStream: (4006, "Invalid stream")
                }
            return Array(#"{"id":null,"error":{"code":\#(code),"message":"\#(message)"}}"#.utf8)
        }
    }

    /// Takes a text frame of a client: a subscription or its end, which has no answer unless it is refused.
    public func receive(_ frame: Span<UInt8>, from socket: SocketID, at time: Timestamp) {
        advance(to: time)
        guard sockets[socket] != nil else { return }
        let value = try? JSONValue.read(frame)
        do throws(SocketFault) { try take(value, socket) } catch { act(.send(socket, text: error.frame)) }
    }

    private func take(_ value: JSONValue?, _ socket: SocketID) throws(SocketFault) {
        guard case .object(let members) = value, case .text(let method) = members["method"], case .list(let values) = members["params"]
        else {
            throw .notUnderstood
        }
        var names: [String] = []
        for value in values {
            guard case .text(let name) = value else { throw .invalidStream }
            names.append(name)
        }
        switch method {
        case "SUBSCRIBE": try subscribe(names, members["signature"], socket)
        case "UNSUBSCRIBE":
            for channel in sockets[socket]?.channels ?? [] where names.contains(channel.name) { channel.remove(socket) }
            sockets[socket]?.channels.removeAll { names.contains($0.name) }
        default: throw .notUnderstood
        }
    }

    private func subscribe(_ names: [String], _ signature: JSONValue?, _ socket: SocketID) throws(SocketFault) {
        let isPrivate = names.contains { $0.hasPrefix("account.") }
        let account = isPrivate ? try signer(signature) : nil
        var found: [BackpackChannel] = []
        for name in names {
            let channel = name.hasPrefix("account.") ? account?.channels.first { $0.name == name } : channels[name]
            guard let channel else { throw .invalidStream }
            found.append(channel)
        }
        for channel in found where sockets[socket]?.channels.contains(where: { $0 === channel }) == false {
            channel.add(socket)
            sockets[socket]?.channels.append(channel)
            if let account { sendPositions(account, channel, socket) }
        }
    }

    /// Whose key signed a private subscription.
    private func signer(_ signature: JSONValue?) throws(SocketFault) -> ServedAccount {
        guard case .list(let values) = signature else { throw .invalidSignature }
        let texts = values.map { value -> String in
            if case .text(let text) = value { return text }
            return value.text
        }
        guard let credentials = BackpackCredentials(texts), let index = accountOfKey[credentials.key] else { throw .invalidSignature }
        let key = configuration.verifiesSignatures ? accounts[index].key : nil
        do throws(BackpackFault) { try credentials.check([(.subscribe, [])], key, at: now) } catch {
            throw .invalidSignature
        }
        return accounts[index]
    }

    /// The positions that there are, for a socket that has just subscribed them.
    private func sendPositions(_ account: ServedAccount, _ channel: BackpackChannel, _ socket: SocketID) {
        for market in markets where channel === account.positionChannel || channel === account.positionChannels[market.listing] {
            guard let position = account.positions[market.listing] else { continue }
            act(.send(socket, text: channel.frame(view(position, account, market).frame(nil, at: now).text)))
        }
    }
}
