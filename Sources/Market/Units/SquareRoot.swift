/// The largest whole number whose square is not above `value`, in whole numbers throughout.
public func floorSquareRoot(_ value: UInt128) -> UInt64 {
    guard value > 0 else { return 0 }
    // Newton's steps fall towards the root from any start above it.
    var root = UInt128(1) << UInt128((129 - value.leadingZeroBitCount) / 2)
    while true {
        let next = (root + value / root) / 2
        if next >= root { return UInt64(root) }
        root = next
    }
}
