/// An object that somebody else keeps alive, called without counting a reference.
@safe @frozen public struct Port<Object: AnyObject> {
    @usableFromInline let object: Unmanaged<Object>

    /// - Precondition: The object lives longer than the port is used.
    @inlinable public init(_ object: Object) { unsafe self.object = Unmanaged.passUnretained(object) }

    @inlinable @inline(__always)
    public func with<Result>(_ body: (Object) -> Result) -> Result { unsafe object._withUnsafeGuaranteedRef(body) }
}
