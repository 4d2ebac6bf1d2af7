internal import Signing

/// A small picture of few colours as PNG bytes: one byte a pixel, a palette with opacities, stored without compression.
struct IndexedImage {
    struct Colour {
        var red, green, blue, alpha: UInt8
    }

    private let width: Int
    private let height: Int
    private let palette: [Colour]
    private(set) var pixels: [UInt8]

    /// - Parameter palette: At most 256 colours; the first one fills the picture.
    init(width: Int, height: Int, palette: [Colour]) {
        precondition(width > 0 && height > 0 && 1...256 ~= palette.count, "a picture has no pixels, or too many colours")
        self.width = width
        self.height = height
        self.palette = palette
        pixels = [UInt8](repeating: 0, count: width * height)
    }

    subscript(column: Int, row: Int) -> UInt8 {
        get { pixels[row * width + column] }
        set { pixels[row * width + column] = newValue }
    }

    /// As an address that a page may embed.
    var dataAddress: String { "data:image/png;base64," + Base64.text(png) }

    var png: [UInt8] {
        var bytes: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        // Eight bits a pixel, colours by palette, no interlacing.
        Self.append("IHDR", Self.fixed(width) + Self.fixed(height) + [8, 3, 0, 0, 0], to: &bytes)
        Self.append("PLTE", palette.flatMap { [$0.red, $0.green, $0.blue] }, to: &bytes)
        Self.append("tRNS", palette.map(\.alpha), to: &bytes)
        Self.append("IDAT", Self.stored(rows), to: &bytes)
        Self.append("IEND", [], to: &bytes)
        return bytes
    }

    /// Each row behind a byte that says that it is not filtered.
    private var rows: [UInt8] { (0..<height).flatMap { [0] + pixels[$0 * width..<($0 + 1) * width] } }

    private static func fixed(_ value: Int) -> [UInt8] { stride(from: 24, through: 0, by: -8).map { UInt8(value >> $0 & 0xFF) } }

    private static func append(_ name: String, _ content: [UInt8], to bytes: inout [UInt8]) {
        let body = Array(name.utf8) + content
        bytes += fixed(content.count) + body + fixed(Int(cyclicCheck(body)))
    }

    /// zlib's frame around blocks that are not compressed.
    private static func stored(_ content: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [0x78, 0x01]
        var rest = content[...]
        repeat {
            let block = rest.prefix(65_535)
            rest = rest.dropFirst(block.count)
            let length = [UInt8(block.count & 0xFF), UInt8(block.count >> 8)]
            bytes += [rest.isEmpty ? 1 : 0] + length + length.map { ~$0 } + block
        } while !rest.isEmpty
        var (low, high) = (1, 0)
        for byte in content {
            low = (low + Int(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return bytes + fixed(high << 16 | low)
    }

    /// CRC-32 as PNG wants it.
    private static func cyclicCheck(_ bytes: [UInt8]) -> UInt32 {
        var rest = UInt32.max
        for byte in bytes {
            rest ^= UInt32(byte)
            for _ in 0..<8 { rest = rest & 1 == 1 ? rest >> 1 ^ 0xEDB8_8320 : rest >> 1 }
        }
        return ~rest
    }
}
