/// The tables of a tape and their version.
enum TapeSchema {
    /// `mmtp`: how a tape is told from other databases.
    static let applicationID: Int64 = 0x6D6D_7470
    static let version = 1

    static let tables = """
        CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE feed (
            id INTEGER PRIMARY KEY, symbol TEXT NOT NULL, venue TEXT NOT NULL, venue_symbol TEXT NOT NULL, kind TEXT NOT NULL,
            base TEXT NOT NULL, quote TEXT NOT NULL, tick_size INTEGER NOT NULL, lot_size INTEGER NOT NULL,
            contract_size INTEGER NOT NULL, minimum_quantity INTEGER NOT NULL, minimum_notional INTEGER NOT NULL,
            funding_interval INTEGER, source TEXT NOT NULL, UNIQUE (venue, venue_symbol));
        CREATE TABLE chunk (
            feed INTEGER NOT NULL REFERENCES feed, sequence INTEGER NOT NULL, events INTEGER NOT NULL, level_changes INTEGER NOT NULL,
            first_venue INTEGER, last_venue INTEGER, first_receive INTEGER, last_receive INTEGER, minimum_latency INTEGER,
            has_snapshot INTEGER NOT NULL, digest BLOB NOT NULL, data BLOB NOT NULL, PRIMARY KEY (feed, sequence)) WITHOUT ROWID;
        CREATE TABLE frames (
            feed INTEGER NOT NULL REFERENCES feed, sequence INTEGER NOT NULL, count INTEGER NOT NULL, first_receive INTEGER NOT NULL,
            last_receive INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (feed, sequence)) WITHOUT ROWID;
        CREATE TABLE gap (feed INTEGER NOT NULL REFERENCES feed, time INTEGER NOT NULL, cause INTEGER NOT NULL, note TEXT NOT NULL);
        CREATE TABLE unparsed (feed INTEGER NOT NULL REFERENCES feed, reason TEXT NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY (feed, reason)) WITHOUT ROWID;
        """

    /// For a file that is written once and moved to its place when whole.
    static let creation = "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
}
