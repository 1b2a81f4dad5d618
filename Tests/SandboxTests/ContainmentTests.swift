import Glibc
import Sandbox
import TestSupport
import Testing

/// What hostile programs do in the sandbox, and that nothing of them is left.
///
/// Each program gets an argument of its own, by which the test finds what is left of it on the host.
@Suite(.serialized, .enabled(if: Containment.isPossible, "bubblewrap cannot contain programs on this machine"))
struct ContainmentTests {
    @Test func aForkBombRunsIntoItsLimit() async throws {
        let end = try await Containment.run(
            """
            import os, time
            while True:
                try:
                    if os.fork() == 0:
                        while True: time.sleep(0.01)
                except OSError:
                    pass
            """)
        #expect(end.end == .killed(.time))
    }

    @Test func aForkBombIsCounted() async throws {
        let result = try await Containment.run(
            """
            import os, time
            count = 0
            try:
                while count < 1000:
                    if os.fork() == 0:
                        time.sleep(60)
                    count += 1
            except OSError:
                print(count < 24)
            """)
        #expect(result.end == .exited(0) && result.output == Array("True\n".utf8))
    }

    @Test func aMemoryBombRunsIntoItsLimit() async throws {
        let alone = try await Containment.run("x = bytearray(1 << 33)")
        #expect(alone.end == .exited(1))
        // Each within its own limit, all together beyond the program's.
        let together = try await Containment.run(
            """
            import os, time
            for _ in range(8):
                if os.fork() == 0:
                    x = bytearray(b'x') * (60 << 20)
                    time.sleep(60)
            time.sleep(60)
            """)
        #expect(together.end == .killed(.memory))
        #expect(together.usage.memoryBytes < 1 << 30)
    }

    @Test(arguments: ["/work", "/tmp", "/dev/shm", "/", "/dev", "/usr", "/proc"])
    func aDiskIsNotFilled(_ directory: String) async throws {
        let result = try await Containment.run(
            """
            import os
            total = 0
            try:
                for number in range(64):
                    with open(f'\(directory)/fill{number}', 'wb') as file:
                        for _ in range(8):
                            total += file.write(b'x' * (1 << 20))
                            file.flush()
            except OSError:
                pass
            print(total <= 9 << 20)
            """)
        #expect(result.end == .exited(0) && result.output == Array("True\n".utf8))
    }

    @Test func endlessOutputIsCut() async throws {
        let result = try await Containment.run("while True: print('x' * 10000)")
        #expect(result.end == .killed(.output))
        #expect(result.output.count <= 100_001)
        let errors = try await Containment.run("import sys\nwhile True: sys.stderr.write('x' * 10000)")
        #expect(errors.end == .killed(.time) && errors.errorOutput.count <= 16_384)
    }

    @Test func ignoringSignalsDoesNotHelp() async throws {
        let result = try await Containment.run(
            """
            import signal, time
            for number in range(1, 65):
                try: signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError): pass
            while True: time.sleep(60)
            """)
        #expect(result.end == .killed(.time))
    }

    @Test func busyLoopsEnd() async throws {
        let result = try await Containment.run("while True: pass")
        #expect(result.end == .killed(.time))
    }

    @Test func thereIsNoNetwork() async throws {
        let result = try await Containment.run(
            """
            import socket
            for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_PACKET, socket.AF_VSOCK):
                try:
                    socket.socket(family, socket.SOCK_DGRAM)
                    print('open', family)
                except OSError:
                    pass
            names = [line.split(':')[0].strip() for line in open('/proc/net/dev').readlines()[2:]]
            print(names)
            """)
        #expect(String(decoding: result.output, as: UTF8.self) == "['lo']\n")
    }

    @Test func theHostsFilesAreNotThere() async throws {
        let secret = "/tmp/apus-secret-\(getpid())"
        let file = try #require(fopen(secret, "w"))
        fputs("secret", file)
        fclose(file)
        chmod(secret, 0o666)
        defer { unlink(secret) }
        let result = try await Containment.run(
            """
            import os
            seen = []
            for path in ('\(secret)', '/etc/passwd', '/etc/shadow', '/root', '/home', '/var', '/work/../etc/hosts', '/sys', '/boot'):
                if os.path.exists(path): seen.append(path)
            for process in [name for name in os.listdir('/proc') if name.isdigit()]:
                for name in ('cwd', 'root'):
                    try:
                        if os.path.exists(f'/proc/{process}/{name}\(secret)'): seen.append(process)
                    except OSError: pass
            print(seen, sorted(os.listdir('/etc')), sorted(os.environ), os.listdir('/proc/self/fd'))
            """)
        let text = String(decoding: result.output, as: UTF8.self)
        #expect(text.hasPrefix("[] "))
        #expect(!text.contains("passwd") && !text.contains("SECRET"))
    }

    @Test func nothingIsWrittenOutside() async throws {
        let path = "/tmp/apus-outside-\(getpid())"
        let result = try await Containment.run(
            """
            import os
            open('\(path)', 'w').write('here')
            for place in ('/usr/apus', '/usr/bin/apus', '/apus', '/etc/apus', '/proc/sys/kernel/hostname', '/dev/apus'):
                try:
                    open(place, 'w').write('x')
                    print('wrote', place)
                except OSError: pass
            """)
        #expect(result.end == .exited(0) && result.output.isEmpty)
        #expect(access(path, F_OK) != 0)
    }

    @Test func leavingTheProcessGroupDoesNotHelp() async throws {
        let result = try await Containment.run(
            """
            import os, sys, time
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    os.chdir('/')
                    for number in range(3): os.close(number)
                    time.sleep(600)
                os._exit(0)
            time.sleep(0.2)
            print('gone')
            """)
        #expect(result.end == .exited(0) && result.output == Array("gone\n".utf8))
    }

    @Test func dangerousCallsAreShut() async throws {
        let result = try await Containment.run(
            """
            import ctypes, errno
            libc = ctypes.CDLL(None, use_errno=True)
            calls = {'ptrace': 101, 'mount': 165, 'umount2': 166, 'pivot_root': 155, 'chroot': 161, 'unshare': 272, 'setns': 308,
                'keyctl': 250, 'add_key': 248, 'bpf': 321, 'perf_event_open': 298, 'userfaultfd': 323, 'io_uring_setup': 425,
                'kexec_load': 246, 'init_module': 175, 'memfd_create': 319, 'shmget': 29, 'mq_open': 240, 'clone3': 435,
                'process_vm_writev': 311, 'personality': 135, 'open_by_handle_at': 304, 'seccomp': 317, 'move_mount': 429}
            for name, number in calls.items():
                ctypes.set_errno(0)
                if libc.syscall(number, 0, 0, 0, 0, 0, 0) != -1 or ctypes.get_errno() != errno.ENOSYS: print('open', name)
            # CLONE_NEWUSER by clone.
            ctypes.set_errno(0)
            if libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0) != -1: print('open clone')
            status = open('/proc/self/status').read()
            print('NoNewPrivs:\\t1' in status, 'CapEff:\\t0000000000000000' in status, 'CapBnd:\\t0000000000000000' in status)
            """)
        #expect(String(decoding: result.output, as: UTF8.self) == "True True True\n")
    }

    @Test func theInputArrivesWholeAndOutputComesBackWhole() async throws {
        let input = [UInt8](repeating: UInt8(ascii: "a"), count: 90_000)
        let result = try await Containment.run("import sys\nsys.stdout.write(sys.stdin.read())", input: input)
        #expect(result.end == .exited(0) && result.output == input)
    }

    @Test func exitStatusesAreTold() async throws {
        #expect(try await Containment.run("import sys; sys.exit(7)").end == .exited(7))
        #expect(try await Containment.run("import os; os.kill(os.getpid(), 9)").end == .exited(137))
        #expect(try await Containment.run("import os; os.kill(1, 9); print(1)").output == Array("1\n".utf8))
    }

    @Test func aMissingProgramIsNotTheProgramsFault() async throws {
        let sandbox = try Sandbox()
        var program = SandboxProgram(command: ["/usr/bin/true"])
        program.mounts = [.init(source: "/does/not/exist", target: "/somewhere")]
        guard case .notStarted(let reason) = await Containment.run(program, in: sandbox).end else {
            Issue.record("a sandbox with a missing mount cannot start")
            return
        }
        #expect(reason.contains("/does/not/exist"))
    }

    @Test func whoeverStopsTheSandboxEndsWhatRuns() async throws {
        let sandbox = try Sandbox()
        sandbox.stop()
        #expect(
            await Containment.run(SandboxProgram(command: ["/usr/bin/sleep", "60"]), in: sandbox).end
                == .killed(.stopped))
    }

    @Test func theDeadlineOfTheRequestIsNobodysFault() async throws {
        let result = try await Containment.run("import time; time.sleep(60)", deadline: .milliseconds(200))
        #expect(result.end == .killed(.deadline))
    }
}
