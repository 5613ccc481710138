/** Runs one fault: gives it what it needs, ends what it made, and takes an error of its own for a problem. */
import type { KafkaVersion } from '../../tools/services/fetch.ts'
import { makeBed, type Bed } from './bed.ts'
import { NOTHING, type Fault, type FaultContext, type Outcome } from './fault.ts'
import { createRandom } from './random.ts'
import type { Servers } from './servers.ts'

/** MiB, resident: the default settings' bounds hold less, with what Node.js itself takes, whatever backlog there is. */
const MOST_MIB = 512

export interface RunOptions {
  readonly servers: Servers
  readonly seed: number
  readonly kafkaVersion: KafkaVersion
  /** Null: as many as the fault itself says. */
  readonly cycles: number | null
  readonly say: (line: string) => void
}

export async function runFault(fault: Fault, { servers, seed, kafkaVersion, cycles, say }: RunOptions): Promise<Outcome> {
  const releases: (() => Promise<unknown>)[] = []
  const context: FaultContext = {
    cycles: cycles ?? fault.cycles,
    random: createRandom(seed),
    servers,
    kafkaVersion,
    say,
    onEnd: (release) => void releases.push(release),
    bed: async (options): Promise<Bed> => {
      const bed = await makeBed(context, options)
      releases.push(() => bed.close())
      return bed
    },
  }
  try {
    return withinMemory(await fault.run(context))
  } catch (error) {
    return { ...NOTHING, problems: [error instanceof Error ? (error.stack ?? error.message) : String(error)] }
  } finally {
    for (const release of releases.toReversed()) await release().catch((error: unknown) => say(`  not ended cleanly: ${String(error)}`))
  }
}

function withinMemory(outcome: Outcome): Outcome {
  if (outcome.peakMiB <= MOST_MIB) return outcome
  return { ...outcome, problems: [...outcome.problems, `a process held ${outcome.peakMiB} MiB; expected ${MOST_MIB} at most`] }
}
