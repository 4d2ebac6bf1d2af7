import Foundation
import Signing
import Testing

@Suite struct BackpackTests {
    static let secret = "TU1TSU0tQkFDS1BBQ0stVEVTVC1TRUVELTAwMDEhISE="
    static let noon = BackpackWindow(timestamp: 1_614_550_000_000)

    @Test func `the signing string of the venue's documentation`() {
        let request = BackpackSigningString(.orderCancel, ["symbol": .text("BTC_USDT"), "orderId": .integer(28)], valid: Self.noon)
        #expect(request.text == "instruction=orderCancel&orderId=28&symbol=BTC_USDT&timestamp=1614550000000&window=5000")
    }

    @Test func `capitals sort before small letters, and a false flag is signed`() {
        let request = BackpackSigningString(.orderExecute, ["b": .flag(false), "A": .integer(-1), "a": .text("50%")], valid: Self.noon)
        #expect(request.text == "instruction=orderExecute&A=-1&a=50%&b=false&timestamp=1614550000000&window=5000")
    }

    @Test(arguments: [(0, false), (-1, false), (1, true), (60_000, true), (60_001, false)] as [(Int64, Bool)])
    func `a window is at most a minute`(window: Int64, isValid: Bool) {
        #expect((BackpackWindow(timestamp: 0, window: window) != nil) == isValid)
    }

    @Test func `each order of a batch carries its instruction`() {
        let request = BackpackSigningString.batch([["price": .text("1")], ["price": .text("2")]], valid: Self.noon)
        #expect(
            request.text
                == "instruction=orderExecute&price=1&instruction=orderExecute&price=2&timestamp=1614550000000&window=5000")
    }

    @Test func `every instruction but the subscription belongs to an endpoint`() {
        let reached = Set(BackpackEndpoint.instructions.values)
        #expect(BackpackInstruction.allCases.filter { !reached.contains($0) } == [.subscribe])
        #expect(BackpackEndpoint(.get, "/api/v1/depth").instruction == nil)
    }

    @Test func `parameters stand in the order of their names' bytes, each once, in whatever order they are set`() {
        var random = SeededNumbers(seed: 3)
        let names = ["A", "B", "a", "aa", "ab", "b", "symbol", "symbolB", "é"]
        for _ in 0..<200 {
            var parameters: BackpackParameters = [:]
            var expected: [String: BackpackValue] = [:]
            for number in 0..<12 {
                let name = names[Int.random(in: names.indices, using: &random)]
                let value: BackpackValue? = Int.random(in: 0...4, using: &random) == 0 ? nil : .integer(Int64(number))
                (parameters[name], expected[name]) = (value, value)
                #expect(parameters[name] == value)
            }
            let sorted = expected.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            #expect(parameters.sorted.map(\.name) == sorted.map(\.key) && parameters.sorted.map(\.value) == sorted.map(\.value))
        }
    }

    @Test(.enabled(if: Vectors.arePresent, Vectors.absence))
    func `every vector: string, key, signature, headers and frame`() throws {
        let document = try Vectors.load("backpack.json", as: Document.self)
        let key = try Ed25519SecretKey(base64: document.apiSecretBase64)
        #expect(key.publicKey.base64 == document.apiKeyBase64)
        let sameKey = try Ed25519SecretKey(hexadecimal: document.seedHex)
        #expect(Hexadecimal.text(sameKey.publicKey.bytes) == document.publicKeyHex)
        #expect(document.vectors.count == 17)
        for vector in document.vectors {
            let window = try #require(BackpackWindow(timestamp: vector.timestamp, window: vector.window))
            let instruction = try #require(BackpackInstruction(rawValue: vector.instruction))
            let request =
                switch vector.params {
                case .one(let parameters): BackpackSigningString(instruction, parameters, valid: window)
                case .batch(let orders): BackpackSigningString.batch(orders, valid: window)
                }
            #expect(request.text == vector.signingString, "\(vector.name)")
            #expect(key.sign(request).base64 == vector.signature, "\(vector.name)")
            let signature = try #require(Ed25519Signature(base64: vector.signature))
            #expect(key.publicKey.accepts(signature, of: vector.signingString))
            #expect(!key.publicKey.accepts(signature, of: vector.signingString + " "))
            if let headers = vector.headers {
                let ours = Dictionary(uniqueKeysWithValues: key.headers(for: request, valid: window).map { ($0.name, $0.value) })
                #expect(ours == headers)
                let method = try #require(BackpackEndpoint.Method(rawValue: vector.method))
                #expect(BackpackEndpoint(method, vector.path).instruction == instruction)
            }
            if let frame = vector.frame { #expect(key.subscription(valid: window) == frame.signature) }
        }
    }
}

private struct Document: Decodable {
    enum Parameters: Decodable {
        case one(BackpackParameters)
        case batch([BackpackParameters])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let orders = try? container.decode([[String: Value]].self) {
                self = .batch(orders.map { BackpackParameters($0.mapValues(\.value)) })
            } else {
                self = .one(BackpackParameters(try container.decode([String: Value].self).mapValues(\.value)))
            }
        }
    }

    struct Value: Decodable {
        var value: BackpackValue

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let flag = try? container.decode(Bool.self) {
                value = .flag(flag)
            } else if let number = try? container.decode(Int64.self) {
                value = .integer(number)
            } else {
                value = .text(try container.decode(String.self))
            }
        }
    }

    struct Frame: Decodable { var signature: [String] }

    struct Vector: Decodable {
        var name, method, path, instruction, signingString, signature: String
        var params: Parameters
        var timestamp, window: Int64
        var headers: [String: String]?
        var frame: Frame?
    }

    var seedHex, apiSecretBase64, publicKeyHex, apiKeyBase64: String
    var vectors: [Vector]
}
