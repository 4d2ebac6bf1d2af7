/// What the session hands over, as a record may hold it.
extension BackpackSession {
    private static let secretHeaders: Set = ["X-API-Key", "X-Signature"]

    public func bytesWithoutSecrets(of action: SessionAction) -> [UInt8] {
        switch action {
        case .open, .close, .ping: return []
        case .send(_, let text):
            // Key and signature stand at the end of a private subscription.
            return Array((text.firstRange(of: "\"signature\":").map { text[..<$0.lowerBound] } ?? text[...]).utf8)
        case .request(_, let request, _):
            let headers = request.headers.map { "\($0.name): \(Self.secretHeaders.contains($0.name) ? "-" : $0.value)\n" }.joined()
            return Array("\(request.method.rawValue) \(request.target)\n\(headers)\n".utf8) + request.body
        }
    }
}
