/**
 * `npm run chaos -- [fault...] [--cycles N] [--seed S] [--kafka V] [--list]`: faults on real servers, which it starts by itself on the loopback address, and for each of
 * them what was lost or counted twice. Exit code 0 only where nothing was, but for the remaining bound (docs/architecture.md). Without names all
 * are run.
 */
import { Command, InvalidArgumentError, Option } from 'commander'
import { KAFKA_VERSIONS, type KafkaVersion } from '../../tools/services/fetch.ts'
import { haveJavaAndMaven } from '../../tools/services/java.ts'
import { verdictOf } from './fault.ts'
import { FAULTS } from './list.ts'
import { report, type Line } from './report.ts'
import { runFault } from './run.ts'
import { ownServers } from './servers.ts'

interface Words {
  readonly cycles?: number
  readonly seed: number
  readonly kafka: KafkaVersion
  readonly list?: true
}

const say = (line: string): void => console.log(line)

async function main(names: readonly string[], { cycles, seed, kafka, list }: Words): Promise<number> {
  if (list === true) {
    for (const { name, about } of FAULTS) say(`${name.padEnd(24)} ${about}`)
    return 0
  }
  const unknown = names.filter((name) => !FAULTS.some((fault) => fault.name === name))
  const missing = haveJavaAndMaven()
  if (unknown.length > 0 || missing !== null) {
    console.error(missing ?? `unknown: ${unknown.join(', ')}; --list shows them all`)
    return 64
  }
  say(`seed ${seed}, Kafka ${kafka}`)
  const lines = await runAll(names, cycles ?? null, seed, kafka)
  say(`\n${report(lines)}\n\nseed ${seed}, Kafka ${kafka}`)
  return lines.every(({ outcome }) => verdictOf(outcome) !== 'BAD') ? 0 : 1
}

async function runAll(names: readonly string[], cycles: number | null, seed: number, kafkaVersion: KafkaVersion): Promise<Line[]> {
  const servers = ownServers(kafkaVersion)
  const lines: Line[] = []
  try {
    for (const fault of FAULTS) {
      if (names.length > 0 && !names.includes(fault.name)) continue
      say(`${fault.name}: ${fault.about}`)
      const beganMs = Date.now()
      const outcome = await runFault(fault, { servers, seed, kafkaVersion, cycles, say })
      lines.push({ name: fault.name, outcome })
      say(`  ${verdictOf(outcome)} after ${Math.round((Date.now() - beganMs) / 1_000)} s`)
      for (const problem of [...outcome.differences, ...outcome.problems]) say(`  ${problem}`)
    }
  } finally {
    await servers.close()
  }
  return lines
}

function whole(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Expected a whole number above zero.')
  return value
}

const program = new Command('chaos')
  .argument('[faults...]', 'which ones; all unless told')
  .option('--cycles <n>', "repetitions of a fault's core, instead of its own number", whole)
  .option('--seed <n>', 'for the same moments and choices again', whole, Date.now() % 1_000_000)
  .addOption(new Option('--kafka <version>', 'which Kafka').choices(KAFKA_VERSIONS).default(KAFKA_VERSIONS[0]))
  .option('--list', 'names and what they do')
  .action(async (names: string[], words: Words) => {
    process.exitCode = await main(names, words)
  })

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1)) // the members end with us
await program.parseAsync()
process.exit() // clients of killed servers may hold timers
