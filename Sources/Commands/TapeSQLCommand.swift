internal import ArgumentParser
internal import Foundation
internal import Tape

extension TapeCommand {
    struct SQL: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "sql", abstract: "Asks a tape with SQL.",
            discussion: """
                Statements come from the argument or from standard input. Rows are aligned text on a terminal and CSV elsewhere.

                  mmsim tape sql Data/demo.tape "SELECT count(*), sum(size) FROM trade WHERE symbol = 'BTC'"
                  mmsim tape sql Data/demo.tape --tables

                Beside the plain tables of the file there are trade, book_change, quote, mark, index_price, funding, open_interest,
                liquidation, status, gap and frame, made from the chunks that conditions on feed, venue, symbol, time, venue_time and
                receive_time leave. time is when a record reached us, or left the venue where nobody noted that.

                Prices and sizes are numbers. Exact amounts are whole numbers: ticks and lots, of tick_size and lot_size (in 10⁻⁹):
                decimal(sum(lots), lot_size) is exact text. Times are nanoseconds since 1970: time_ns('2024-08-08T23:55') and
                time_text(time) go there and back. Nothing can be changed.
                """)

        enum Form: String, EnumerableFlag {
            case text, csv, json

            static func help(for value: Form) -> ArgumentHelp? {
                switch value {
                case .text: "Prints aligned columns."
                case .csv: "Prints comma-separated values with a header; NULL is an empty field."
                case .json: "Prints an array of objects, one a line."
                }
            }
        }

        @Argument(help: "A tape.")
        var tape: String

        @Argument(help: "Statements; without them they are read from standard input.")
        var statements: String?

        @Flag(help: "How rows are printed.")
        var form: Form?

        @Flag(help: "Lists the tables and their columns.")
        var tables = false

        func run() throws {
            let database: TapeDatabase
            do throws(TapeError) { database = try TapeDatabase(opening: tape) } catch { throw Failure(error) }
            let form = form ?? (isatty(1) == 1 ? .text : .csv)
            do throws(QueryError) {
                if tables { return Terminal.out(try database.describe()) }
                try print(database, text(), form)
            } catch {
                throw Failure(error)
            }
        }

        private func text() -> String {
            if let statements { return statements }
            return String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self)
        }

        private func print(_ database: TapeDatabase, _ text: String, _ form: Form) throws(QueryError) {
            let progress = ProgressLine(isQuiet: !Terminal.isInteractive)
            defer { progress.finish() }
            var isHidden = false
            database.tellProgress { share in if !isHidden { progress.update(share) { _ in "of the records read" } } }
            guard var next = try database.first(of: text) else { throw .empty }
            while true {
                var printer = TapeRowPrinter(form, columns: next.rows.columns)
                printer.begin()
                defer {
                    progress.finish()
                    printer.end()
                }
                while let row = try next.rows.next() {
                    // Rows that come to the same terminal tell enough.
                    if !isHidden, isatty(1) == 1 {
                        isHidden = true
                        progress.finish()
                    }
                    printer.add(row)
                }
                guard let following = try database.first(of: next.rest) else { return }
                next = following
            }
        }
    }
}
