/// How the size ahead of a resting order is estimated from a feed that shows only levels.
///
/// A trade at the order's price always comes off the queue ahead. The models differ in what a shrinking level says.
public enum QueueModel: Hashable, Sendable {
    /// Only trades move the order forward.
    case tradesOnly
    /// The level's size caps the queue: cancels are taken from behind until none is left there.
    case riskAverse
    /// A share of each cancel comes from ahead; `back` and `front` are the sizes behind and ahead.
    /// backⁿ ÷ (backⁿ + frontⁿ) of it comes from behind.
    case power(Double)
    /// backⁿ ÷ (back + front)ⁿ comes from behind.
    case powerOfSum(Double)
    /// 1 − (front ÷ (front + back))ⁿ comes from behind.
    case powerOfShare(Double)
    /// ln(1 + back) ÷ (ln(1 + back) + ln(1 + front)) comes from behind, sizes in base units.
    case logarithmic
    /// ln(1 + back) ÷ ln(1 + back + front) comes from behind, sizes in base units.
    case logarithmicOfSum
    /// No estimate: the feed tells every order, and those ahead are known by their ids. A feed that tells levels moves it by trades alone.
    case exactFIFO
}

/// An order's place in its level's queue, in lots.
struct QueuePosition {
    /// The estimated size ahead.
    var ahead: Double
    /// Traded since the level last changed: part of the next shrinking is accounted for already.
    private var traded: Double = 0
    /// Orders of the feed that have a lower one stand ahead; 0 where the feed tells no orders.
    let place: UInt64

    init(ahead: Int64, place: UInt64 = 0) {
        self.ahead = Double(ahead)
        self.place = place
    }

    @inline(__always)
    mutating func trade(_ lots: Int64) {
        ahead -= Double(lots)
        traded += Double(lots)
    }

    /// What stands ahead is known.
    mutating func recount(_ lots: Int64) { ahead = Double(lots) }

    /// Not further than the front: estimates and whole lots can run past it, and the models are not made for that.
    @inline(__always)
    mutating func stopAtFront() { if ahead < 0 { ahead = 0 } }

    /// The order's level went from `previous` to `lots`.
    @inline(__always)
    mutating func level(from previous: Int64, to lots: Int64, _ model: QueueModel, lotUnit: Double) {
        let now = Double(lots)
        switch model {
        case .tradesOnly, .exactFIFO:
            return
        case .riskAverse:
            if now < ahead { ahead = now }
        case .power, .powerOfSum, .powerOfShare, .logarithmic, .logarithmicOfSum:
            let change = Double(previous) - now - traded
            traded = 0
            guard change >= 0 else {
                if now < ahead { ahead = now }
                return
            }
            let behind = Double(previous) - ahead
            var share = Self.shareFromBehind(ahead, behind, model, lotUnit)
            if share.isInfinite { share = 1 }
            let estimate = ahead - (1 - share) * change + min(behind - share * change, 0)
            // An estimate that is not a number yields the level's size, as IEEE minimum does.
            ahead = estimate.isNaN ? now : min(estimate, now)
        }
    }

    private static func shareFromBehind(_ ahead: Double, _ behind: Double, _ model: QueueModel, _ lotUnit: Double) -> Double {
        switch model {
        case .tradesOnly, .riskAverse, .exactFIFO: return 1
        case .power(let n):
            let (front, back) = (Fractional.power(ahead, n), Fractional.power(behind, n))
            return back / (back + front)
        case .powerOfSum(let n):
            return Fractional.power(behind, n) / Fractional.power(behind + ahead, n)
        case .powerOfShare(let n):
            return 1 - Fractional.power(ahead / (ahead + behind), n)
        case .logarithmic:
            let (front, back) = (Fractional.logarithm(1 + ahead * lotUnit), Fractional.logarithm(1 + behind * lotUnit))
            return back / (back + front)
        case .logarithmicOfSum:
            let (back, all) = (behind * lotUnit, behind * lotUnit + ahead * lotUnit)
            return Fractional.logarithm(1 + back) / Fractional.logarithm(1 + all)
        }
    }

    /// Whether a trade has run at least half a lot past the queue ahead.
    var isPassed: Bool { (-ahead).rounded(.toNearestOrAwayFromZero) > 0 }
}
