/** Faults of the chaos harness as tests: each with its seed in its name, and its whole verdict in the message where it is bad. */
import { expect, test } from 'vitest'
import { KAFKA_VERSIONS } from '../../tools/services/fetch.ts'
import { verdictOf, type Fault } from '../chaos/fault.ts'
import { report } from '../chaos/report.ts'
import { runFault } from '../chaos/run.ts'
import type { Servers } from '../chaos/servers.ts'
import type { Services } from './services.ts'

/** A fault's own patience, and what its rounds take. */
const TIMEOUT_MS = 400_000

export interface TestedFault {
  readonly fault: Fault
  readonly cycles: number
  readonly seed: number
}

export function testFaults(services: Services, faults: readonly TestedFault[]): void {
  const servers: Servers = {
    kafka: async () => services.kafka,
    elasticsearch: async () => services.elasticsearch,
    druid: async () => services.druid,
  }
  services.describe('faults', () => {
    for (const { fault, cycles, seed } of faults) {
      test(`${fault.name}: ${fault.about} (seed ${seed})`, { timeout: TIMEOUT_MS }, async ({ skip }) => {
        const said: string[] = []
        const outcome = await runFault(fault, {
          servers,
          seed,
          kafkaVersion: KAFKA_VERSIONS[0],
          cycles,
          say: (line) => void said.push(line),
        })
        const verdict = verdictOf(outcome)
        skip(verdict === 'not run', outcome.notRun)
        expect(verdict === 'good' ? 'good' : [report([{ name: fault.name, outcome }]), ...said].join('\n')).toBe('good')
      })
    }
  })
}
