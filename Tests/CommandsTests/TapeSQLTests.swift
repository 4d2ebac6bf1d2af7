import Testing

@Suite struct TapeSQLTests {
    private static let quotes = """
        exchange,symbol,timestamp,local_timestamp,side,price,amount,id
        binance-futures,BTCUSDT,1000000,1001000,buy,61799.5,0.25,7
        binance-futures,BTCUSDT,1002000,1003000,sell,61799.4,1.125,8
        binance-futures,BTCUSDT,1004000,1005000,unknown,61800,3,9

        """

    private func tape() throws -> Program {
        let program = try Program()
        try program.write("trades.csv", Self.quotes)
        let outcome = try program.run("tape", "import", "trades.csv", "--out", "t.tape", "--quiet")
        #expect(outcome.code == 0, "\(outcome.error)")
        return program
    }

    @Test func `rows are comma-separated values where no terminal is`() throws {
        let outcome = try tape().run(
            "tape", "sql", "t.tape",
            "SELECT side, price, size, time_text(time) AS 'at, UTC', 'a\"b' AS q, '' AS e FROM trade; SELECT 1 WHERE 0")
        #expect(
            outcome
                == .init(
                    code: 0,
                    out: """
                        side,price,size,"at, UTC",q,e
                        buy,61799.5,0.25,1970-01-01T00:00:01.001000000Z,"a""b",""
                        sell,61799.4,1.125,1970-01-01T00:00:01.003000000Z,"a""b",""
                        ,61800,3,1970-01-01T00:00:01.005000000Z,"a""b",""
                        1

                        """,
                    error: ""))
    }

    @Test func `rows are aligned, or objects, when asked for`() throws {
        let program = try tape()
        #expect(
            try program.run("tape", "sql", "t.tape", "SELECT side, size FROM trade", "--text").out == """
                side   size
                ----  -----
                buy    0.25
                sell  1.125
                          3

                """)
        #expect(
            try program.run("tape", "sql", "t.tape", "SELECT side, size, 'a\nb' AS t, x'00ff' AS b FROM trade", "--json").out == """
                [
                {"side":"buy","size":0.25,"t":"a\\nb","b":"00ff"},
                {"side":"sell","size":1.125,"t":"a\\nb","b":"00ff"},
                {"side":null,"size":3,"t":"a\\nb","b":"00ff"}
                ]

                """)
        #expect(try program.run("tape", "sql", "t.tape", "SELECT 1 WHERE 0", "--json").out == "[]\n")
    }

    @Test func `statements come from standard input too`() throws {
        let program = try tape()
        try program.write("q.sql", "-- exact\nSELECT decimal(sum(lots), lot_size) AS total FROM trade;\n")
        #expect(try program.run(["tape", "sql", "t.tape"], input: "q.sql") == .init(code: 0, out: "total\n4.375\n", error: ""))
    }

    @Test func `the tables are listed`() throws {
        let outcome = try tape().run("tape", "sql", "t.tape", "--tables")
        #expect(
            outcome.code == 0 && outcome.out.contains("\ntrade(feed, venue, symbol, time, venue_time, receive_time, side, price, size,"))
    }

    @Test func `what does not work says why`() throws {
        let program = try tape()
        let hint =
            "hint: a tape is changed by nothing but its recorder; take rows out with SELECT and work on them in a database of your own\n"
        let cases: [([String], Int32, String)] = [
            (["DELETE FROM feed"], 2, "error: 't.tape' is only read here, and this would write\n" + hint),
            (
                ["SELECT prize FROM trade"], 2,
                "error: no such column: prize, at character 8 of the statement\nhint: did you mean 'price'?\n"
            ),
            ([""], 2, "error: there is no statement\nhint: give one, such as \"SELECT count(*), sum(size) FROM trade\"\n"),
            ([], 2, "error: there is no statement\nhint: give one, such as \"SELECT count(*), sum(size) FROM trade\"\n"),
        ]
        for (words, code, error) in cases {
            #expect(try program.run(["tape", "sql", "t.tape"] + words) == .init(code: code, out: "", error: error))
        }
        let absent = try program.run("tape", "sql", "u.tape", "SELECT 1")
        #expect(absent == .init(code: 3, out: "", error: "error: no tape at 'u.tape'\nhint: did you mean 't.tape'?\n"))
        let late = try program.run("tape", "sql", "t.tape", "SELECT sum(9223372036854775807) FROM trade")
        #expect(late.code == 1 && late.error.hasPrefix("error: integer overflow\nhint: "))
    }
}
