import Glibc

/// The command line that contains a program, and the descriptors that it needs.
///
/// setpriv (only as root) → bwrap → prlimit → the program. bwrap applies the filter of system calls and no-new-privileges right
/// before prlimit, so prlimit is under them, too.
struct SandboxCommand {
    private(set) var arguments: [String] = []
    /// From descriptor 3 on.
    private(set) var descriptors: [Descriptor?] = []

    /// Descriptor of the program's own connection.
    private static let firstDescriptor = 3

    /// - Parameters:
    ///   - connection: the program's descriptor 3, if it is to have one.
    ///   - status: where bubblewrap says which process it made, and how that ended.
    init(
        _ program: SandboxProgram, in sandbox: Sandbox, connection: Descriptor?, status: Descriptor
    ) throws(SystemError) {
        descriptors.append(connection)
        if geteuid() == 0 {
            let user = Sandbox.unprivilegedUser
            arguments += [
                "/usr/bin/setpriv", "--reuid=\(user)", "--regid=\(user)", "--clear-groups", "--inh-caps=-all", "--",
            ]
        }
        arguments += [sandbox.bubblewrap]
        arguments += isolation
        arguments += ["--json-status-fd", pass(status)]
        arguments += ["--seccomp", pass(try .file(holding: sandbox.filter, name: "apus-filter"))]
        arguments += fileSystem(program)
        for file in program.files {
            let contents = pass(try .file(holding: file.contents, name: "apus-file"))
            arguments += ["--perms", file.isExecutable ? "0555" : "0444", "--ro-bind-data", contents, file.path]
        }
        arguments += environment(program) + ["--chdir", "/work", "--"]
        arguments += limits(program.limits) + program.command
    }

    private let isolation = [
        "--unshare-all", "--unshare-user", "--uid", "1000", "--gid", "1000", "--hostname", "sandbox",
        "--die-with-parent",
        "--new-session",
    ]

    /// Nothing of the host but /usr and what dynamic linking needs; the root and /dev cannot be written.
    private func fileSystem(_ program: SandboxProgram) -> [String] {
        var arguments = ["--ro-bind", "/usr", "/usr"]
        for name in ["bin", "sbin", "lib", "lib32", "lib64", "libx32"] {
            var status = stat()
            guard lstat("/\(name)", &status) == 0 else { continue }
            // Merged with /usr on some systems, a directory of its own on others.
            let isLink = status.st_mode & S_IFMT == S_IFLNK
            arguments += isLink ? ["--symlink", "usr/\(name)", "/\(name)"] : ["--ro-bind", "/\(name)", "/\(name)"]
        }
        for path in ["/etc/ld.so.cache", "/etc/alternatives"] { arguments += ["--ro-bind-try", path, path] }
        for mount in program.mounts { arguments += ["--ro-bind", mount.source, mount.target] }
        arguments += ["--proc", "/proc", "--dev", "/dev"]
        for path in ["/dev/shm", "/work", "/tmp"] {
            let size = path == "/dev/shm" ? 1 << 20 : program.limits.diskBytes
            arguments += ["--perms", "0700", "--size", "\(size)", "--tmpfs", path]
        }
        return arguments
    }

    private func environment(_ program: SandboxProgram) -> [String] {
        let fixed = ["PATH": "/usr/bin:/bin", "HOME": "/work", "TMPDIR": "/tmp", "LANG": "C.UTF-8"]
        let variables = fixed.merging(program.environment) { _, own in own }.sorted { $0.key < $1.key }
        return ["--remount-ro", "/dev", "--remount-ro", "/", "--clearenv"]
            + variables.flatMap { ["--setenv", $0.key, $0.value] }
    }

    /// Address space that a process needs without using it as memory: libraries, thread stacks, arenas.
    private static let addressSpaceReserve = 256 << 20

    private func limits(_ limits: ResourceLimits) -> [String] {
        // The kernel counts whole seconds, and the watch ends the program before that.
        let seconds = Int(limits.seconds.rounded(.up)) + 1
        return [
            "/usr/bin/prlimit", "--as=\(limits.memoryBytes + Self.addressSpaceReserve)",
            "--cpu=\(seconds):\(seconds + 1)",
            "--nproc=\(limits.processes)", "--fsize=\(limits.diskBytes)", "--nofile=\(limits.openFiles)", "--core=0",
            "--memlock=0", "--msgqueue=0", "--sigpending=256", "--",
        ]
    }

    private mutating func pass(_ descriptor: Descriptor) -> String {
        descriptors.append(descriptor)
        return String(Self.firstDescriptor + descriptors.count - 1)
    }
}
