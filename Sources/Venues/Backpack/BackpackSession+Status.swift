public import Market

/// What a person who looks is told.
extension BackpackSession {
    public var streams: [StreamStatus] {
        links.map { link in
            let state: StreamStatus.State =
                switch link.state {
                case .down: .down
                case .opening: .opening
                case .up: link.isStalled ? .stalled : link.isConfirmed ? .up : .opening
                }
            return StreamStatus(account: link.account.map { configuration.accounts[$0].id }, state: state, heardAt: link.heardAt)
        }
    }

    public func requests(of account: AccountID, at now: Timestamp) -> RequestUse? {
        self.account(account).map { budgets[$0].use(at: now) }
    }
}
