internal import Dispatch
public import Runtime
internal import Synchronization

/// The numbers of a run's orders, reserved in blocks at all of its accounts, by a thread of their own.
public final class RunNumbers: OrderNumbers, @unchecked Sendable {
    /// Reserving is a write that has to reach the disk: seldom.
    public static let block: UInt32 = 50_000

    private let accounts: HeldAccounts
    private let base: UInt32
    private let queue = DispatchQueue(label: "order numbers")
    private let limit: Atomic<UInt64>
    private let isBusy = Atomic<Bool>(false)
    private let failed = Mutex<StateError?>(nil)

    /// Of a run that begins: its first block is reserved.
    public init(_ accounts: HeldAccounts) throws(StateError) {
        let ids = try accounts.reserve(Self.block)
        (self.accounts, base) = (accounts, ids.lowerBound - 1)
        limit = Atomic(UInt64(ids.upperBound - base))
    }

    /// Of a run that goes on.
    ///
    /// - Parameter base: Its client base.
    public init(_ accounts: HeldAccounts, goingOnFrom base: UInt32) {
        (self.accounts, self.base) = (accounts, base)
        let last = accounts.accounts.map(\.reserved).max() ?? base
        limit = Atomic(last > base ? UInt64(last - base) : 0)
    }

    /// Added to an order's number to make its client id.
    public var clientBase: UInt32 { base }

    public var reserved: UInt64 { limit.load(ordering: .acquiring) }
    /// Why the last attempt failed; nil where it did not.
    public var failure: StateError? { failed.withLock { $0 } }

    public func reserveMore() {
        guard isBusy.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged else { return }
        queue.async { [self] in
            do throws(StateError) {
                let ids = try accounts.reserve(Self.block)
                limit.store(UInt64(ids.upperBound - base), ordering: .releasing)
                failed.withLock { $0 = nil }
            } catch { failed.withLock { $0 = error } }
            isBusy.store(false, ordering: .releasing)
        }
    }
}
