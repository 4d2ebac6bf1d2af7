/// Where a fault can be seen.
public enum FaultLevel: String, Sendable, Hashable, CaseIterable {
    /// In reports and market data as the core gets them.
    case core
    /// In frames, connections and requests: it needs a venue's session.
    case wire
    /// In process, disk and clock.
    case host
}

/// What a chaos run does not draw: faults of other levels, whose tests are those of sessions and processes, and what of the core's
/// level is longer than a run.
public enum UndrawnFault: String, Sendable, Hashable, CaseIterable {
    case diskFull = "disk-full"
    case processKill = "process-kill"
    case oldJournal = "old-journal"
    case secondInstance = "second-instance"
    case clockStep = "clock-step"
    case longOutage = "long-outage"

    public var level: FaultLevel {
        switch self {
        case .diskFull, .processKill, .oldJournal, .secondInstance, .clockStep: .host
        case .longOutage: .core
        }
    }

    public var summary: String {
        switch self {
        case .diskFull: "the journal can't be written"
        case .processKill: "the process is killed at any instruction"
        case .oldJournal: "a restart from a journal that is not the last one"
        case .secondInstance: "two processes trade one account"
        case .clockStep: "the system's clock jumps"
        case .longOutage: "a venue is gone for an hour, longer than a run; `faults:` in a scenario of two hours has it"
        }
    }
}
