internal import Market
internal import Trading

extension Command {
    /// Whose latency it has.
    var requestClass: RequestClass {
        switch self {
        case .submit(let request): request.postOnly ? .postOnly : .submit
        case .amend: .amend
        case .cancel, .cancelAll: .cancel
        case .query, .setLeverage, .deadMan: .query
        }
    }

    /// What its sender hears when it is refused before it is processed.
    func refusal(_ reason: RejectReason) -> AccountEvent.Report {
        switch self {
        case .submit(let request): .rejected(request.order, .submit, reason)
        case .amend(let request): .rejected(request.order, .amend, reason)
        case .cancel(let request): .rejected(request.order, .cancel, reason)
        case .cancelAll: .rejected(.venue, .cancelAll, reason)
        case .query(let request):
            if case .order(let order, _) = request.subject { .rejected(order, .query, reason) } else { .rejected(.venue, .query, reason) }
        case .setLeverage: .rejected(.venue, .leverage, reason)
        case .deadMan: .rejected(.venue, .deadMan, reason)
        }
    }
}

extension SpeedBumps {
    /// How long a request is held up.
    ///
    /// - Parameter wouldTake: Whether a limit order would take from the venue's book now.
    func delay(_ command: Command, wouldTake: (OrderRequest) -> Bool) -> Nanoseconds {
        switch command {
        case .submit(let request): isTaker(request, wouldTake) ? taker : maker
        case .amend: maker
        case .cancel, .cancelAll: cancel
        case .query, .setLeverage, .deadMan: .zero
        }
    }

    private func isTaker(_ request: OrderRequest, _ wouldTake: (OrderRequest) -> Bool) -> Bool {
        guard !request.postOnly else { return false }
        switch takers {
        case .notPostOnly: return true
        case .wouldTake: return request.type == .market || request.timeInForce != .goodTillCancelled || wouldTake(request)
        }
    }
}
