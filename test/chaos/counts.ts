/**
 * What the stores say, as the oracle says it: events by job and fingerprint in Elasticsearch, in the rollup topic or Druid, dead letters in their
 * topic, and the ledger by the program's own command.
 */
import { parseLetter } from '../../src/kafka/letters.ts'
import { readTopic } from '../../src/kafka/read-topic.ts'
import type { Neighbours } from '../../src/cluster/neighbours.ts'
import { topicOffsets } from '../../src/kafka/topic-offsets.ts'
import type { DeadLetter } from '../../src/store/dead-letter.ts'
import { isBalanced, type LedgerTotal } from '../../src/store/ledger.ts'
import type { BranchName } from '../../src/store/position.ts'
import { runTracefold } from '../support/tracefold.ts'
import { waitUntil } from '../support/wait.ts'
import type { Groups } from './expected.ts'

const READ_MS = 60_000

/** Committed rows of the rollup topic up to its present end, whatever Druid has read of it. */
export async function groupsInRollupTopic({ kafka, admin, names }: Neighbours): Promise<Groups> {
  const groups: Groups = new Map()
  await readAll(kafka, admin, names.rollupTopic, (value) => {
    const { job, fingerprint, count } = JSON.parse(value.toString()) as { job: string; fingerprint: string; count: number }
    const key = `${job} ${fingerprint}`
    groups.set(key, (groups.get(key) ?? 0) + count)
  })
  return groups
}

export async function letters({ kafka, admin, names }: Neighbours): Promise<DeadLetter[]> {
  const topic = await readTopic(kafka, admin, names.letterTopic)
  return [...topic.values()].map(parseLetter).filter((letter) => letter !== null)
}

export interface LedgerSum {
  readonly consumed: number
  readonly counted: number
  readonly filtered: number
  readonly dead: number
  readonly expired: number
  readonly skipped: number
}

export interface Ledger {
  readonly balanced: boolean
  readonly branches: Readonly<Record<BranchName, LedgerSum>>
}

/** `tracefold ledger`, over all days there are. */
export async function ledgerOf(settings: Record<string, unknown>): Promise<Ledger> {
  const { code, output } = await runTracefold({ ...settings, logLevel: 'fatal' }, [
    'ledger',
    '--json',
    '--from',
    '1970-01-01',
    '--to',
    '9999-12-31',
  ])
  if (code !== 0) throw new Error(`tracefold ledger ended with ${code}: ${output}`)
  const { lines } = JSON.parse(output) as { lines: LedgerTotal[] }
  const sumOf = (branch: BranchName, name: string): number =>
    lines
      .filter((line) => line.branch === branch)
      .reduce(
        (sum, { counts }) =>
          sum + Object.entries(counts).reduce((own, [key, n]) => own + (key === name || key.startsWith(`${name}.`) ? n : 0), 0),
        0,
      )
  const branch = (one: BranchName): LedgerSum => ({
    consumed: sumOf(one, 'consumed'),
    counted: sumOf(one, 'counted'),
    filtered: sumOf(one, 'filtered'),
    dead: sumOf(one, 'dead'),
    expired: sumOf(one, 'expired'),
    skipped: sumOf(one, 'skipped'),
  })
  return { balanced: lines.every(({ counts }) => isBalanced(counts)), branches: { detail: branch('detail'), rollup: branch('rollup') } }
}

/** Records that a group has not committed yet, over all partitions. */
export async function lagOf({ admin }: Neighbours, groupId: string, topic: string): Promise<number> {
  const log = await topicOffsets(admin, topic)
  const [found] = await admin.fetchOffsets({ groupId, topics: [topic] })
  const committed = new Map((found?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset)]))
  return [...log].reduce((sum, [partition, { begin, end }]) => sum + end - Math.max(begin, committed.get(partition) ?? -1), 0)
}

async function readAll(
  kafka: Neighbours['kafka'],
  admin: Neighbours['admin'],
  topic: string,
  onValue: (value: Buffer) => void,
): Promise<void> {
  const open = new Map(
    [...(await topicOffsets(admin, topic))].filter(([, { begin, end }]) => end > begin).map(([partition, { end }]) => [partition, end]),
  )
  if (open.size === 0) return
  const consumer = kafka.consumer({ groupId: `${topic}-counts-${Math.random().toString(36).slice(2)}`, maxWaitTimeInMs: 50 })
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    if (Number(payload.lastOffset) + 1 >= (open.get(payload.partition) ?? 0)) open.delete(payload.partition)
  })
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatch: ({ batch }) => {
        for (const { value } of batch.messages) if (value !== null) onValue(value)
        return Promise.resolve()
      },
    })
    await waitUntil(`the end of ${topic}`, () => open.size === 0, READ_MS)
  } finally {
    await consumer.disconnect()
  }
}
