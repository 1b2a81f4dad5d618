import Glibc

/// What /proc tells of a process and of those that descend from it.
enum ProcessTree {
    /// Most processes looked at in one go; no sandbox may have as many.
    private static let maximumCount = 4_096

    /// Everything that descends from `root`, without it. Those that end meanwhile may be missing.
    static func descendants(of root: pid_t) -> [pid_t] {
        var found: [pid_t] = []
        var next = [root]
        while let process = next.popLast(), found.count < maximumCount {
            let children = children(of: process)
            found += children
            next += children
        }
        return found
    }

    /// Those whose parent is `process`, ended ones that nobody has collected among them.
    static func children(of process: pid_t) -> [pid_t] {
        threads(of: process).flatMap { thread in
            let text = read("/proc/\(process)/task/\(thread)/children") ?? []
            return text.split(separator: UInt8(ascii: " ")).compactMap { number($0[...]) }.map(pid_t.init)
        }
    }

    /// What `root` and its descendants use at this moment.
    static func usage(of root: pid_t) -> ResourceUsage {
        var total = ResourceUsage()
        for process in [root] + descendants(of: root) {
            guard let one = usage(ofOne: process) else { continue }
            total.processorSeconds += one.processorSeconds
            total.memoryBytes += one.memoryBytes
            total.waitedForProcessorSeconds = max(total.waitedForProcessorSeconds, one.waitedForProcessorSeconds)
        }
        return total
    }

    private static func usage(ofOne process: pid_t) -> ResourceUsage? {
        guard let stat = read("/proc/\(process)/stat"), let name = stat.lastIndex(of: UInt8(ascii: ")")),
            let memory = read("/proc/\(process)/statm")
        else { return nil }
        // Fields after the name count from 3: utime is 14, stime 15, cutime 16, cstime 17.
        let fields = stat[(name + 1)...].split(separator: UInt8(ascii: " "))
        let pages = memory.split(separator: UInt8(ascii: " "))
        guard fields.count > 14, pages.count > 2 else { return nil }
        let ticks = fields[11...14].reduce(0) { $0 + (number($1) ?? 0) }
        var usage = ResourceUsage()
        usage.processorSeconds = Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK)))
        // Resident without what files and tmpfs hold: those have a size limit of their own.
        usage.memoryBytes = max(0, (number(pages[1]) ?? 0) - (number(pages[2]) ?? 0)) * sysconf(Int32(_SC_PAGESIZE))
        // Nanoseconds on a processor, nanoseconds runnable without one. Kernels may lack the file.
        let schedule = (read("/proc/\(process)/schedstat") ?? []).split(separator: UInt8(ascii: " "))
        if schedule.count > 1 { usage.waitedForProcessorSeconds = Double(number(schedule[1]) ?? 0) / 1e9 }
        return usage
    }

    private static func threads(of process: pid_t) -> [pid_t] {
        guard let directory = opendir("/proc/\(process)/task") else { return [] }
        defer { closedir(directory) }
        var threads: [pid_t] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if let thread = number(name[...]) { threads.append(pid_t(thread)) }
        }
        return threads
    }

    /// The first 16 KiB of a file, or nil if it cannot be read, as when the process is gone.
    private static func read(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return [UInt8](unsafeUninitializedCapacity: 16_384) { buffer, count in
            count = max(0, Glibc.read(file, buffer.baseAddress, buffer.count))
        }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        Int(String(decoding: digits.filter { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}
