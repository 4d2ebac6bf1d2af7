import CCSV

/// A field of a CSV file as libcsv writes it; only what needs quotes gets them.
enum CSVText {
    static func field(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D || $0 == 0x20 }) else { return text }
        let source = Array(text.utf8)
        var quoted = [UInt8](repeating: 0, count: 2 * source.count + 2)
        let count = unsafe quoted.withUnsafeMutableBytes { target in
            unsafe source.withUnsafeBytes { unsafe csv_write(target.baseAddress, target.count, $0.baseAddress, $0.count) }
        }
        return String(decoding: quoted.prefix(count), as: UTF8.self)
    }
}
