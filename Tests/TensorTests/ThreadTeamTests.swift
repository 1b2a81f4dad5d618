import Synchronization
import Tensor
import Testing

@Suite struct ThreadTeamTests {
    @Test(arguments: [1, 2, 3, 8])
    func everyTaskRunsExactlyOnce(_ threads: Int) {
        let team = ThreadTeam(threads: threads)
        for tasks in [0, 1, 2, 7, 100, 1000] {
            let runs = FloatBuffer(count: max(tasks, 1))
            let highestThread = Atomic<Int>(0)
            team.run(tasks: tasks) { task, thread in
                runs.pointer[task] += 1
                highestThread.max(thread, ordering: .relaxed)
            }
            #expect(runs.values.prefix(tasks).allSatisfy { $0 == 1 })
            #expect(highestThread.load(ordering: .relaxed) < threads)
        }
    }

    /// Many short rounds in a row: what one round writes, the next reads.
    @Test func roundsAreOrdered() {
        let team = ThreadTeam(threads: 3)
        // Two, in turns: within a round nobody reads what another task writes.
        let values = [FloatBuffer(count: 64), FloatBuffer(count: 64)]
        for round in 0..<2000 {
            let (from, to) = (values[round % 2], values[(round + 1) % 2])
            team.run(tasks: 64) { task in
                // Written by another task, and mostly by another thread, one round ago.
                to.pointer[task] = from.pointer[63 - task] == Float(round) ? Float(round + 1) : .nan
            }
        }
        #expect(values[0].values.allSatisfy { $0 == 2000 })
    }

    @Test func rangesTileTheCount() {
        let team = ThreadTeam(threads: 2)
        for (count, grain) in [(0, 4), (1, 4), (8, 4), (9, 4), (100, 7)] {
            let runs = FloatBuffer(count: max(count, 1))
            team.run(count: count, grain: grain) { range, _ in
                for index in range { runs.pointer[index] += 1 }
            }
            #expect(runs.values.prefix(count).allSatisfy { $0 == 1 })
        }
    }
}
