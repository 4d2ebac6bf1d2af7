/// The tables of a tape and their version.
///
/// | version | what it added |
/// |---|---|
/// | 1 | feeds, sealed chunks, raw frames with a receive time, gaps, counts of unparsed frames |
/// | 2 | open chunks and frame blocks, layouts of frames, checksums of stored bytes, and what a recorder notes beside its events |
/// | 3 | ranges that are not to be relied on |
/// | 4 | checksums of the tables |
///
/// Older tapes are read as they are; a recorder that goes on with one migrates it first.
enum TapeSchema {
    /// `mmtp`: how a tape is told from other databases.
    static let applicationID: Int64 = 0x6D6D_7470
    static let version = 4

    static let tables = """
        CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE feed (
            id INTEGER PRIMARY KEY, symbol TEXT NOT NULL, venue TEXT NOT NULL, venue_symbol TEXT NOT NULL, kind TEXT NOT NULL,
            base TEXT NOT NULL, quote TEXT NOT NULL, tick_size INTEGER NOT NULL, lot_size INTEGER NOT NULL,
            contract_size INTEGER NOT NULL, minimum_quantity INTEGER NOT NULL, minimum_notional INTEGER NOT NULL,
            funding_interval INTEGER, source TEXT NOT NULL, UNIQUE (venue, venue_symbol));
        CREATE TABLE chunk (\(chunkColumns)) WITHOUT ROWID;
        CREATE TABLE frames (
            feed INTEGER NOT NULL REFERENCES feed, sequence INTEGER NOT NULL, count INTEGER NOT NULL, first_receive INTEGER NOT NULL,
            last_receive INTEGER NOT NULL, data BLOB NOT NULL, layout INTEGER NOT NULL DEFAULT 1, checksum INTEGER,
            PRIMARY KEY (feed, sequence)) WITHOUT ROWID;
        CREATE TABLE gap (feed INTEGER NOT NULL REFERENCES feed, time INTEGER NOT NULL, cause INTEGER NOT NULL, note TEXT NOT NULL);
        CREATE TABLE unparsed (feed INTEGER NOT NULL REFERENCES feed, reason TEXT NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY (feed, reason)) WITHOUT ROWID;

        """ + tablesOfVersion2 + tablesOfVersion3 + tablesOfVersion4

    private static let chunkColumns = """
        feed INTEGER NOT NULL REFERENCES feed, sequence INTEGER NOT NULL, events INTEGER NOT NULL, level_changes INTEGER NOT NULL,
        first_venue INTEGER, last_venue INTEGER, first_receive INTEGER, last_receive INTEGER, minimum_latency INTEGER,
        has_snapshot INTEGER NOT NULL, digest BLOB NOT NULL, data BLOB NOT NULL, checksum INTEGER, PRIMARY KEY (feed, sequence)
        """

    /// The parts of an open chunk are rows of `open_chunk`, one a commit; those of an open block of frames are of `open_frames`.
    /// Frames of no feed (private ones, answers to subscriptions) have feed −1.
    private static let tablesOfVersion2 = """
        CREATE TABLE open_chunk (\(chunkColumns)) WITHOUT ROWID;
        CREATE TABLE open_frames (
            feed INTEGER NOT NULL, sequence INTEGER NOT NULL, count INTEGER NOT NULL, first_receive INTEGER NOT NULL,
            last_receive INTEGER NOT NULL, data BLOB NOT NULL, layout INTEGER NOT NULL, checksum INTEGER,
            PRIMARY KEY (feed, sequence)) WITHOUT ROWID;
        CREATE TABLE unparsed_frame (feed INTEGER NOT NULL, frame INTEGER NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (feed, frame))
            WITHOUT ROWID;
        CREATE TABLE connection (id INTEGER PRIMARY KEY, venue TEXT NOT NULL, account TEXT, note TEXT NOT NULL);
        CREATE TABLE connection_state (connection INTEGER NOT NULL REFERENCES connection, time INTEGER NOT NULL, state TEXT NOT NULL,
            note TEXT NOT NULL);
        CREATE TABLE clock_offset (venue TEXT NOT NULL, time INTEGER NOT NULL, offset INTEGER NOT NULL, error INTEGER NOT NULL);
        CREATE TABLE resync (feed INTEGER NOT NULL REFERENCES feed, time INTEGER NOT NULL, note TEXT NOT NULL);
        CREATE TABLE span (id INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, ending TEXT);
        CREATE TABLE instrument (
            feed INTEGER NOT NULL REFERENCES feed, number INTEGER NOT NULL, valid_from INTEGER NOT NULL, valid_to INTEGER,
            tick_size INTEGER NOT NULL, lot_size INTEGER NOT NULL, contract_size INTEGER NOT NULL, minimum_quantity INTEGER NOT NULL,
            minimum_notional INTEGER NOT NULL, funding_interval INTEGER, PRIMARY KEY (feed, number)) WITHOUT ROWID;
        CREATE TABLE journal (
            run TEXT NOT NULL, sequence INTEGER NOT NULL, records INTEGER NOT NULL, first_time INTEGER NOT NULL,
            last_time INTEGER NOT NULL, hash_after TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (run, sequence)) WITHOUT ROWID;

        """

    private static let tablesOfVersion3 = """
        CREATE TABLE quarantine (
            feed INTEGER NOT NULL REFERENCES feed, first INTEGER NOT NULL, last INTEGER NOT NULL, reason TEXT NOT NULL);

        """

    private static let tablesOfVersion4 = "CREATE TABLE seal (name TEXT PRIMARY KEY, checksum INTEGER NOT NULL) WITHOUT ROWID;"

    static let insertQuarantine = "INSERT INTO quarantine VALUES (?,?,?,?)"

    /// What makes a tape of an older version one of this version.
    static func migration(from version: Int) -> String {
        (version < 2 ? migrationFrom1 : "") + (version < 3 ? tablesOfVersion3 : "")
            + (version < 4 ? tablesOfVersion4 + "PRAGMA user_version = 4;" : "")
    }

    private static let migrationFrom1 =
        "ALTER TABLE frames ADD COLUMN layout INTEGER NOT NULL DEFAULT 1; ALTER TABLE frames ADD COLUMN checksum INTEGER;"
        + "ALTER TABLE chunk ADD COLUMN checksum INTEGER;" + tablesOfVersion2

    static let identity = "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(version);"

    /// For a file that is written once and moved to its place when whole.
    static let creation = "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"

    /// For a file that others read while it is written: every commit reaches the disk, and what open parts took is given back at the end.
    /// Pages are small because each table takes one, and so is the log, which a writer that is killed leaves behind.
    static let recording =
        "PRAGMA page_size = 2048; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        + "PRAGMA wal_autocheckpoint = 128;"
}
