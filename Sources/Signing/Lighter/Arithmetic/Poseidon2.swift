/// The permutation Poseidon2 over Goldilocks (width 12, rate 8) and the hash that Lighter makes of it.
///
/// The sponge overwrites: each group of eight elements replaces the first lanes, a shorter last one replaces as many as it has.
/// Nothing is padded, so that hashes are of inputs of known length only.
enum Poseidon2 {
    typealias State = InlineArray<12, Goldilocks>

    /// A hash that is an element of GF(p⁵).
    static func quinticHash(_ elements: [Goldilocks]) -> QuinticElement {
        let state = absorb(elements)
        return QuinticElement(state[0], state[1], state[2], state[3], state[4])
    }

    /// A hash of four elements.
    static func hash(_ elements: [Goldilocks]) -> [Goldilocks] {
        let state = absorb(elements)
        return [state[0], state[1], state[2], state[3]]
    }

    private static func absorb(_ elements: [Goldilocks]) -> State {
        var state = State(repeating: .zero)
        var start = 0
        while start < elements.count {
            let end = min(start + 8, elements.count)
            for index in start..<end { state[index - start] = elements[index] }
            permute(&state)
            start = end
        }
        return state
    }

    static func permute(_ state: inout State) {
        externalLayer(&state)
        for round in 0..<4 { fullRound(&state, Poseidon2Constants.external[round]) }
        for round in 0..<22 { partialRound(&state, Poseidon2Constants.internalRounds[round]) }
        for round in 4..<8 { fullRound(&state, Poseidon2Constants.external[round]) }
    }

    private static func fullRound(_ state: inout State, _ constants: InlineArray<12, UInt64>) {
        for lane in 0..<12 { state[lane] = (state[lane] + Goldilocks(canonical: constants[lane])).seventhPower }
        externalLayer(&state)
    }

    private static func partialRound(_ state: inout State, _ constant: UInt64) {
        state[0] = (state[0] + Goldilocks(canonical: constant)).seventhPower
        var total: UInt128 = 0
        for lane in 0..<12 { total &+= UInt128(state[lane].value) }
        let sum = Goldilocks(reducing: total)
        for lane in 0..<12 { state[lane] = state[lane] * Goldilocks(canonical: Poseidon2Constants.diagonal[lane]) + sum }
    }

    /// Each block of four lanes times [[2,3,1,1],[1,2,3,1],[1,1,2,3],[3,1,1,2]]; then each lane plus the sum of its column over the blocks.
    private static func externalLayer(_ state: inout State) {
        var columns = InlineArray<4, Goldilocks>(repeating: .zero)
        for block in [0, 4, 8] {
            let (a, b, c, d) = (state[block], state[block + 1], state[block + 2], state[block + 3])
            let (ab, bc, cd, da) = (a + b, b + c, c + d, d + a)
            let all = ab + cd
            state[block] = all + ab + b
            state[block + 1] = all + bc + c
            state[block + 2] = all + cd + d
            state[block + 3] = all + da + a
            for column in 0..<4 { columns[column] = columns[column] + state[block + column] }
        }
        for lane in 0..<12 { state[lane] = state[lane] + columns[lane & 3] }
    }
}
