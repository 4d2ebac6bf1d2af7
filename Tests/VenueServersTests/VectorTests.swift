import Foundation
import Market
import Signing
import Testing
import Venues

@testable import VenueServers

/// The venue's signature vectors, as requests that arrive.
@Suite struct VectorTests {
    private static let file: URL? = {
        let folder = ProcessInfo.processInfo.environment["MMSIM_SHARED"].map { URL(filePath: $0) }
        let root = folder ?? URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../shared")
        let file = root.appending(path: "venues/vectors/backpack.json").standardizedFileURL
        return FileManager.default.isReadableFile(atPath: file.path) ? file : nil
    }()

    private static let vectors: [JSONValue] = {
        guard let file, let data = try? Data(contentsOf: file), case .object(let document)? = try? JSONValue.read([UInt8](data)),
            case .list(let vectors) = document["vectors"]
        else { return [] }
        return vectors
    }()

    private static func text(_ value: JSONValue?) -> String { if case .text(let text) = value { text } else { value?.text ?? "" } }

    private static func query(_ parameters: JSONValue?) -> String {
        guard case .object(let members) = parameters, !members.isEmpty else { return "" }
        return "?" + members.sorted { $0.key < $1.key }.map { "\($0.key)=\(RequestTarget.encoded(text($0.value)))" }.joined(separator: "&")
    }

    private static let message = "Invalid signature"

    @Test(.enabled(if: file != nil, "the vectors are not there"), arguments: vectors.indices)
    func `every vector is taken for what it signs, and for nothing else`(index: Int) throws {
        guard case .object(let vector) = Self.vectors[index] else { return }
        let key = try Ed25519PublicKey(base64: "tbu1QbTE2jChHkIxZ+l75MQ06QLYgg8i0lgHC4b4jqc=")
        let world = try ServerWorld { $0.accounts = [.init(id: AccountID(5), name: "vectors", key: key)] }
        let time = try #require(Int64(Self.text(vector["timestamp"])))
        world.begin(at: Timestamp(nanoseconds: time * 1_000_000))
        guard let method = HTTPRequest.Method(rawValue: Self.text(vector["method"])) else {
            // A subscription.
            world.server.opened(ServerWorld.first, at: world.now)
            let frame = try #require(vector["frame"]).text
            world.hear(frame, ServerWorld.first)
            #expect(world.frames.isEmpty)
            world.hear(frame.replacing("\"5000\"", with: "\"5001\""), ServerWorld.first)
            return #expect(world.frames.map(\.text) == [#"{"id":null,"error":{"code":4003,"message":"Invalid signature"}}"#])
        }
        guard case .object(let headers) = vector["headers"] else { return }
        let isInQuery = Self.text(vector["paramsIn"]) == "query"
        var request = HTTPRequest(
            method, Self.text(vector["path"]) + (isInQuery ? Self.query(vector["params"]) : ""),
            headers: headers.map { HTTPRequest.Header($0.key, Self.text($0.value)) }.sorted { $0.name < $1.name },
            body: isInQuery || method == .get ? [] : Array((vector["params"] ?? .null).text.utf8))
        let answer = world.raw(request)
        let refusals = [Self.message, "Request has expired", "Invalid timestamp", "Unauthorized"]
        #expect(!refusals.contains(answer.message), "\(request.target) \(answer.text)")
        if request.body.isEmpty {
            request.target += request.target.contains("?") ? "&x=1" : "?x=1"
        } else {
            request.body = Array(String(decoding: request.body, as: UTF8.self).replacing("\"symbol\":\"", with: "\"symbol\":\"X").utf8)
        }
        #expect(world.raw(request).message == Self.message)
    }
}
