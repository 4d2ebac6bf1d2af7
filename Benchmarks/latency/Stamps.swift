import Foundation
import NIOCore

/// Where an order's way from the venue's bytes to ours is stamped.
enum Border: Int, CaseIterable {
    /// The bytes were read from the system, before TLS: by the client's stamp.
    case arrived
    /// The frame is handed to who decides.
    case frame
    /// The session has read it.
    case event
    /// The core's command reaches the session.
    case decision
    /// The request is encoded and signed.
    case signed
    /// Its bytes are at the connection: TLS is done, the system has taken them.
    case handedOver
}

/// What was measured of one order, by `Border`.
struct Stamp {
    var wall = InlineArray<6, Int64>(repeating: 0)
    /// Of the thread; none where the bytes arrive.
    var cpu = InlineArray<6, Int64>(repeating: 0)
    /// Of the thread, so far; 0 where nobody counts them.
    var allocations = InlineArray<6, Int64>(repeating: 0)
}

/// Stamps orders, one at a time, into memory that was reserved before.
final class Stamps {
    private(set) var orders: ContiguousArray<Stamp> = []
    private var current = Stamp()
    private var next: Border?
    private let counter = AllocationCounter()

    init(count: Int) { orders.reserveCapacity(count) }

    var countsAllocations: Bool { counter != nil }

    /// A frame is there; what was stamped of one that led to no order is forgotten.
    func begin(arrived: NIODeadline) {
        current.wall[Border.arrived.rawValue] = Int64(arrived.uptimeNanoseconds)
        next = .frame
        mark(.frame)
    }

    /// Stamps the border if it is the next one.
    ///
    /// - Returns: Whether it was.
    @discardableResult
    func mark(_ border: Border) -> Bool {
        guard border == next else { return false }
        current.wall[border.rawValue] = Clocks.wall
        current.cpu[border.rawValue] = Clocks.thread
        if let counter { current.allocations[border.rawValue] = counter.count }
        next = Border(rawValue: border.rawValue + 1)
        if border == .handedOver { orders.append(current) }
        return true
    }
}

/// Nanoseconds.
enum Clocks {
    static var wall: Int64 { read(CLOCK_MONOTONIC) }
    static var thread: Int64 { read(CLOCK_THREAD_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// Counts the thread's allocations, where `allocations.c` is loaded before everything else.
struct AllocationCounter {
    private let read: @convention(c) () -> Int

    init?() {
        guard let symbol = unsafe dlsym(nil, "latency_allocations") else { return nil }
        read = unsafe unsafeBitCast(symbol, to: (@convention(c) () -> Int).self)
    }

    var count: Int64 { Int64(read()) }
}
