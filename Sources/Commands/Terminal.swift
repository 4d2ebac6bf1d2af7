internal import Foundation

/// Standard output and error, and whether a person looks at them.
package enum Terminal {
    package static var isInteractive: Bool { isatty(2) == 1 }

    package static func out(_ text: String) { write(text + "\n", to: 1) }
    package static func error(_ text: String) { write(text + "\n", to: 2) }

    package static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = unsafe bytes.withUnsafeBytes { unsafe Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}

/// How far something has come: one line that is rewritten on a terminal, else a line every ten seconds.
package final class ProgressLine {
    private let isQuiet: Bool
    private let isInteractive = Terminal.isInteractive
    private let start = ContinuousClock.now
    private var last: ContinuousClock.Instant
    private var hasLine = false

    package init(isQuiet: Bool) {
        self.isQuiet = isQuiet
        last = start
    }

    package var elapsed: Double {
        let span = (ContinuousClock.now - start).components
        return Double(span.seconds) + Double(span.attoseconds) / 1e18
    }

    /// - Parameters:
    ///   - share: 0 to 1.
    ///   - text: Made only when it is shown.
    package func update(_ share: Double, _ text: (Double) -> String) {
        guard !isQuiet else { return }
        let now = ContinuousClock.now
        guard now - last >= (isInteractive ? .milliseconds(200) : .seconds(10)) else { return }
        last = now
        let left = share > 0.001 ? elapsed * (1 - share) / share : nil
        let percent = Int((share * 100).rounded(.down))
        let line = "\(percent) % \(text(elapsed))\(left.map { ", \(Self.span($0)) left" } ?? "")"
        if isInteractive {
            Terminal.write("\r\u{1B}[K" + line, to: 2)
            hasLine = true
        } else {
            Terminal.error(line)
        }
    }

    package func finish() {
        if hasLine { Terminal.write("\r\u{1B}[K", to: 2) }
        hasLine = false
    }

    package static func span(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded(.up))
        if whole < 60 { return "\(whole) s" }
        return whole < 3_600 ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3_600) h \(whole / 60 % 60) min"
    }
}

/// Ctrl-C, noticed between two steps of the work; a second one ends the process at once.
package enum Interruption {
    nonisolated(unsafe) private static var isRequested: sig_atomic_t = 0

    package static func watch() {
        signal(SIGINT) { _ in
            if unsafe Interruption.isRequested != 0 { _exit(130) }
            unsafe Interruption.isRequested = 1
        }
        signal(SIGTERM) { _ in unsafe Interruption.isRequested = 1 }
        // A parent may have left them blocked: threads of Dispatch, which start processes in tests and tools, block all.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGINT)
        unsafe sigaddset(&signals, SIGTERM)
        unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    package static var wasRequested: Bool { unsafe isRequested != 0 }
}
