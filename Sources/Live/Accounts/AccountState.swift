internal import Foundation
internal import Signing
public import Venues

/// What has to be remembered of an account between runs, held by one process at a time.
///
/// The lock is the system's: it is gone with this object, or with the process, however that ends. Keep it for as long as orders may
/// be sent (`withExtendedLifetime`). Everything else is on the disk when a method returns.
public final class AccountState {
    /// The run that goes on, or was killed.
    public struct Run: Hashable, Sendable {
        /// Path of its journal.
        public var journal: String
        public var scenario: String
        /// Added to an order's number to make its client id.
        public var clientBase: UInt32

        public init(journal: String, scenario: String, clientBase: UInt32) {
            (self.journal, self.scenario, self.clientBase) = (journal, scenario, clientBase)
        }
    }

    static let numbersName = "client-ids"

    /// The scenario's name of the account.
    public let name: String
    /// Where its files are.
    public let folder: String
    /// The last client id that may have been used; 0: none.
    public private(set) var reserved: UInt32
    /// The run that was not ended in order; nil where the last one was.
    public private(set) var run: Run?
    private let lock: Int32

    /// Takes the account.
    ///
    /// - Parameters:
    ///   - name: The scenario's name of the account.
    ///   - run: What others are told of who holds it.
    /// - Throws: `StateError.inUse` where another process has it.
    public init(_ account: VenueAccount, _ name: String, in state: StateFolder, for run: String) throws(StateError) {
        self.name = name
        folder = state.folder(of: account)
        try StateFile.makeFolder(folder)
        let path = "\(folder)/lock"
        let file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .cannotWrite(path: path, reason: StateFile.reason(errno)) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(file)
            guard code == EWOULDBLOCK else { throw .cannotWrite(path: path, reason: StateFile.reason(code)) }
            let holder = (try? StateFile.read(path))?.split(separator: "\n", maxSplits: 1) ?? []
            throw .inUse(
                account: name, process: holder.first.flatMap { Int($0) },
                run: holder.count == 2 ? holder[1].trimmingCharacters(in: .newlines) : nil)
        }
        do throws(StateError) {
            let text = Array("\(getpid())\n\(run)\n".utf8)
            let written = unsafe text.withUnsafeBytes { unsafe pwrite(file, $0.baseAddress, $0.count, 0) }
            guard written == text.count, ftruncate(file, off_t(text.count)) == 0 else {
                throw .cannotWrite(path: path, reason: StateFile.reason(errno))
            }
            reserved = try Self.readNumbers("\(folder)/\(Self.numbersName)")
            self.run = try Self.readRun("\(folder)/run")
        } catch {
            close(file)
            throw error
        }
        lock = file
    }

    /// Lets the account go.
    deinit { close(lock) }

    // MARK: Client ids

    private var numbersPath: String { "\(folder)/\(Self.numbersName)" }

    private static func readNumbers(_ path: String) throws(StateError) -> UInt32 {
        guard let text = try StateFile.read(path) else { return 0 }
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, words[0] == "reserved", let number = UInt32(words[1]), text.hasSuffix("\n") else {
            throw .corrupt(path: path, expected: "'reserved' and a number of 32 bits")
        }
        return number
    }

    /// Makes all ids up to one this run's, before the first of them is used.
    public func reserve(upTo id: UInt32) throws(StateError) {
        guard id > reserved else { return }
        try StateFile.write("reserved \(id)\n", to: numbersPath)
        reserved = id
    }

    func exhausted(_ wanted: UInt32) -> StateError { .exhausted(path: numbersPath, account: name, reserved: reserved, wanted: wanted) }

    // MARK: The run

    private static func readRun(_ path: String) throws(StateError) -> Run? {
        guard let text = try StateFile.read(path) else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 4, lines[0].hasPrefix("journal "), lines[1].hasPrefix("scenario "), lines[2].hasPrefix("client_base "),
            let base = UInt32(lines[2].dropFirst(12))
        else { throw .corrupt(path: path, expected: "the lines 'journal', 'scenario' and 'client_base'") }
        return Run(journal: String(lines[0].dropFirst(8)), scenario: String(lines[1].dropFirst(9)), clientBase: base)
    }

    /// Remembers a run before its first order.
    ///
    /// - Precondition: Neither its journal's path nor its scenario's name has more than one line.
    public func begin(_ run: Run) throws(StateError) {
        precondition(!run.journal.contains("\n") && !run.scenario.contains("\n"), "a path and a name are one line each")
        try StateFile.write(
            "journal \(run.journal)\nscenario \(run.scenario)\nclient_base \(run.clientBase)\n", to: "\(folder)/run")
        self.run = run
    }

    /// Forgets the run, which has ended in order.
    public func end() throws(StateError) {
        try StateFile.remove("\(folder)/run")
        run = nil
    }
}
