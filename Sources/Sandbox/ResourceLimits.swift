/// What a program may use.
///
/// Each process has the limits of the kernel (address space, processor time, file size, open files, processes), and a watch
/// sums up what all of them use together.
package struct ResourceLimits: Sendable, Equatable {
    /// Processor time of all processes together; also how long the program may take, time spent waiting for a processor that
    /// others use left out.
    package var seconds: Double
    /// Memory of all processes together, and the address space of each beyond `addressSpaceReserve`.
    package var memoryBytes: Int
    /// Processes and threads at a time, those of the sandbox itself (3) included.
    package var processes: Int
    /// Bytes that each of the two writable places, /work and /tmp, holds, and so the largest file.
    package var diskBytes: Int
    /// Bytes of standard output; more end the program.
    package var outputBytes: Int
    package var openFiles: Int

    package init(
        seconds: Double = 4, memoryBytes: Int = 512 << 20, processes: Int = 24, diskBytes: Int = 32 << 20,
        outputBytes: Int = 1 << 20, openFiles: Int = 64
    ) {
        self.seconds = seconds
        self.memoryBytes = memoryBytes
        self.processes = processes
        self.diskBytes = diskBytes
        self.outputBytes = outputBytes
        self.openFiles = openFiles
    }
}

/// What the processes of a sandbox use.
package struct ResourceUsage: Sendable, Equatable {
    /// Of all of them since they began.
    package var processorSeconds = 0.0
    /// Of all of them at one moment, in anonymous pages.
    package var memoryBytes = 0
    /// How long the process that waited most was ready to run without a processor.
    package var waitedForProcessorSeconds = 0.0

    package init() {}
}
