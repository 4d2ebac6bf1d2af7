internal import Market

/// Who is told of something.
enum Target: Hashable, BitwiseCopyable {
    case strategy(StrategyID)
    case algorithm(AlgorithmID)
}

/// What the core knows of each feed beside its book, and who wants to hear of it.
@safe final class FeedStates {
    struct State {
        var bidTicks = OrderBook.noBid
        var askTicks = OrderBook.noAsk
        var bidLots: Int64 = 0
        var askLots: Int64 = 0
        var lastUpdate = Timestamp.distantPast
        var mark: FinePrice?
        var funding: MarketEvent?
        var sync = BookState.unsynchronised
        var status = TradingStatus.trading
        /// The union of what its watchers want.
        var interests: Interests = []
    }

    struct Watcher {
        var target: Target
        var interests: Interests
    }

    let states: UnsafeMutablePointer<State>
    private let count: Int
    private(set) var watchers: [[Watcher]]
    /// How often `watchers` has changed.
    private(set) var changes = 0

    init(count: Int) {
        self.count = count
        unsafe states = .allocate(capacity: max(count, 1))
        unsafe states.initialize(repeating: State(), count: count)
        watchers = Array(repeating: [], count: count)
    }

    deinit {
        unsafe states.deinitialize(count: count)
        unsafe states.deallocate()
    }

    subscript(id: InstrumentID) -> State {
        get {
            precondition(id.index < count, "no feed of this instrument")
            return unsafe states[id.index]
        }
        _modify {
            precondition(id.index < count, "no feed of this instrument")
            yield unsafe &states[id.index]
        }
    }

    func watch(_ instrument: InstrumentID, _ interests: Interests, _ target: Target) {
        changes += 1
        watchers[instrument.index].append(Watcher(target: target, interests: interests))
        self[instrument].interests.formUnion(interests)
    }

    func unwatch(_ target: Target) {
        changes += 1
        for index in watchers.indices where watchers[index].contains(where: { $0.target == target }) {
            watchers[index].removeAll { $0.target == target }
            self[InstrumentID(index)].interests = watchers[index].reduce(into: []) { $0.formUnion($1.interests) }
        }
    }
}
