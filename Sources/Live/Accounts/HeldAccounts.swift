public import Venues

/// The accounts of one run, all of them or none.
///
/// Orders are numbered for the run, so that a block of client ids is the same at all of its accounts.
public final class HeldAccounts {
    /// As the scenario has them.
    public let accounts: [AccountState]

    /// Takes every account.
    ///
    /// - Parameter run: What others are told of who holds them.
    public init(_ accounts: [(name: String, account: VenueAccount)], in state: StateFolder, for run: String) throws(StateError) {
        for (index, one) in accounts.enumerated() {
            if let other = accounts[..<index].first(where: { state.folder(of: $0.account) == state.folder(of: one.account) }) {
                throw .sameAccount(other.name, one.name)
            }
        }
        try StateFile.makeFolder(state.path)
        var held: [AccountState] = []
        for one in accounts { held.append(try AccountState(one.account, one.name, in: state, for: run)) }
        self.accounts = held
    }

    /// The next ids that none of the accounts has used, as many as asked for: on the disk before they are returned.
    ///
    /// A run's first block decides its base, the id before it; the next blocks go on from there as long as the run holds its accounts.
    ///
    /// - Precondition: There is an account, and at least one id is asked for.
    public func reserve(_ count: UInt32) throws(StateError) -> ClosedRange<UInt32> {
        precondition(count > 0 && !accounts.isEmpty, "ids are reserved for an account, one at least")
        guard let last = accounts.max(by: { $0.reserved < $1.reserved }) else { preconditionFailure("there is an account") }
        let (end, isTooFar) = last.reserved.addingReportingOverflow(count)
        guard !isTooFar else { throw last.exhausted(count) }
        let first = last.reserved + 1
        for account in accounts { try account.reserve(upTo: end) }
        return first...end
    }
}
