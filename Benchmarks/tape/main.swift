import Foundation
import Tape

/// Measures tapes. Times are CPU times of this process.
///
///     tapebench record TAPE OUT    plays an imported tape through the recorder's writer: what it takes, open and sealed
///     tapebench read TAPE          decodes a tape: what it takes, how fast, beside a copy of the records
///     tapebench day OUT            makes a day of records: how fast it is written, opened, and read from a time on
func main() -> Int32 {
    let arguments = Array(CommandLine.arguments.dropFirst())
    do throws(TapeError) {
        switch (arguments.first, arguments.count) {
        case ("record", 3): try RecordBenchmark.run(arguments[1], arguments[2])
        case ("read", 2): try ReadBenchmark.read(arguments[1])
        case ("day", 2): try ReadBenchmark.day(arguments[1])
        default:
            FileHandle.standardError.write(Data("usage: tapebench record TAPE OUT | read TAPE | day OUT\n".utf8))
            return 2
        }
        return 0
    } catch {
        FileHandle.standardError.write(Data("error: \(error.message)\n".utf8))
        return 1
    }
}

func cpuSeconds() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

exit(main())
