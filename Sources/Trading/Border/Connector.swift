public import Market

/// One venue as the core's driver sees it: commands in, what the core is to hear out, no input or output of its own.
///
/// A connector serves the venue's public streams and all our accounts there. The simulated venue and each venue's live
/// session conform; the core cannot tell which one it talks to.
public protocol Connector: ~Copyable {
    /// Takes a command at the moment the core gave it.
    mutating func handle(_ command: Command, now: Timestamp)
    /// Does what is due at or before `now`.
    mutating func advance(to now: Timestamp)
    /// When `advance` has something to do next; `.never` if nothing is due.
    var nextWake: Timestamp { get }
    /// What the core is to hear next, in order: that which has reached us at or before `now`.
    mutating func nextInput(now: Timestamp) -> CoreInput?
}
