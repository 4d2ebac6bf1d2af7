import Signing
import Testing

@Suite struct EncodingTests {
    @Test func `hexadecimal round-trips and takes either case and a prefix`() {
        let bytes: [UInt8] = [0, 1, 0x7f, 0x80, 0xab, 0xff]
        #expect(Hexadecimal.text(bytes) == "00017f80abff")
        #expect(Hexadecimal.bytes("00017f80abff") == bytes)
        #expect(Hexadecimal.bytes("0x00017F80ABFF") == bytes)
        #expect(Hexadecimal.bytes("") == [])
    }

    @Test(arguments: ["0", "0g", "0x0", " 00", "00 ", "00\n", "0X00", "-1", "0x0x00", "٠٠"])
    func `what is not hexadecimal is refused`(text: String) {
        #expect(Hexadecimal.bytes(text) == nil)
    }

    /// RFC 4648, section 10.
    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")])
    func `published base64`(text: String, encoded: String) {
        #expect(Base64.text(Array(text.utf8)) == encoded)
        #expect(Base64.bytes(encoded) == Array(text.utf8))
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zg===", "=Zg=", "Z===", "====", "Zh==", "Zm9=", "Zg==Zg==", "Zm-_", "Zm9v\n", " Zm9", "Zg =", "Z=g=",
    ])
    func `base64 that is not canonical is refused`(text: String) {
        #expect(Base64.bytes(text) == nil)
    }

    @Test func `random bytes survive both forms`() {
        var numbers = SeededNumbers(seed: 1)
        for count in 0..<100 {
            let bytes = numbers.bytes(count)
            #expect(Base64.bytes(Base64.text(bytes)) == bytes)
            #expect(Hexadecimal.bytes(Hexadecimal.text(bytes)) == bytes)
        }
    }

    /// Any text is decoded to bytes that write the same text, or refused: nothing in between, and no trap.
    @Test func `random text is refused or canonical`() {
        let alphabet = Array("AZaz09+/=-_ \nÄg".unicodeScalars)
        var numbers = SeededNumbers(seed: 2)
        var accepted = 0
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...12, using: &numbers)
            let limit = numbers.next().isMultiple(of: 2) ? 9 : alphabet.count
            let text = String(String.UnicodeScalarView((0..<length).map { _ in alphabet[Int.random(in: 0..<limit, using: &numbers)] }))
            if let bytes = Base64.bytes(text) {
                accepted += 1
                #expect(Base64.text(bytes) == text)
            }
            if let bytes = Hexadecimal.bytes(text), !text.hasPrefix("0x") {
                #expect(Hexadecimal.text(bytes) == text.lowercased())
            }
        }
        #expect(accepted > 500)
    }
}
