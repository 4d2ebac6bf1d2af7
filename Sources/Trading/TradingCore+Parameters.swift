public import Market

/// Parameters that change while a run goes on.
extension TradingCore {
    /// Tells the instance, whose next decision is made by the new value.
    func set(_ change: ParameterChange) {
        guard !isStopped, instances.indices.contains(change.instance.index) else { return }
        let specification = type(of: instances[change.instance.index].strategy).specification
        guard let (parameter, value) = change.meaning(in: specification), parameter.isLiveUpdatable else {
            return note(change.instance, "a change of a parameter that \(specification.name) can't make has no effect")
        }
        instances[change.instance.index].changes.removeAll { $0.parameter == change.parameter }
        instances[change.instance.index].changes.append(change)
        call(.strategy(change.instance)) { strategy, context in strategy.update(parameter.name, to: value, &context) }
        note(change.instance, "the parameter '\(parameter.name)' was changed")
    }

    /// What was changed of an instance's parameters since the start, oldest first; of each its last value.
    public func changes(of instance: StrategyID) -> [ParameterChange] { instances[instance.index].changes }
}
