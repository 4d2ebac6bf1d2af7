import Signing
import Testing

@Suite struct KeccakTests {
    @Test(arguments: [
        ("", "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        ("abc", "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
    ])
    func `published digests`(text: String, digest: String) {
        #expect(keccak256(text).description == digest)
    }

    @Test(.enabled(if: Vectors.arePresent, Vectors.absence)) func `every vector`() throws {
        let vectors = try Vectors.load("grvt.json", as: GRVTVectors.self).keccak256
        #expect(vectors.count == 9)
        for vector in vectors {
            let input = try #require(Hexadecimal.bytes(vector.inputHex))
            #expect(keccak256(input).description == vector.hash)
        }
    }
}
