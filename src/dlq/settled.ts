/**
 * Whether a letter is settled: every branch that counted it dead has committed that, and will not read its record again by itself.
 *
 *   decode letter:  the branch has committed past the record. (By the same rules it would find the same; by others it never reads below its position.)
 *   store letter:   its block is closed. An open block is read again after a restart, and its documents are sent again: they may be taken by then. So is the open
 *                   block of a backfill that is not finished
 */
import type { Admin } from 'kafkajs'
import type { Names } from '../config/names.ts'
import { readPosition, type ReadPosition } from '../kafka/positions.ts'
import { partitionKey, type Partition } from '../source/source.ts'
import { branchesOf, type LetterHead } from '../store/dead-letter.ts'
import { contributorKey, type BranchName } from '../store/position.ts'
import type { Evidence } from '../store/resume.ts'
import type { Backfill } from '../store/skipped.ts'

export interface SettledOptions {
  readonly admin: Admin
  readonly names: Names
  /** Of the Kafka that is asked. Also connects the admin client. */
  readonly clusterId: () => Promise<string>
  /** How far the branch's ledger says that it was: asked only where no offset is committed. */
  readonly evidence: (branch: BranchName, p: Partition) => Promise<Evidence | null>
  /** As they are at the first letter that is asked about: a letter and its backfill's mark are written as one. */
  readonly backfills: () => Promise<readonly Backfill[]>
}

interface Reached {
  readonly incarnation: number
  /** Below this, all is committed. */
  readonly next: number
  /** Below this, nothing is read again. */
  readonly from: number
}

/** What is asked is remembered: positions only grow. */
export class Settled {
  readonly #options: SettledOptions
  readonly #reached = new Map<string, Reached | null>()
  #backfills: Promise<readonly Backfill[]> | null = null
  #here: { readonly clusterId: string; readonly topics: ReadonlySet<string> } | null = null

  constructor(options: SettledOptions) {
    this.#options = options
  }

  async isSettled(letter: LetterHead): Promise<boolean> {
    if (!(await this.isThere(letter.partition))) return true // nobody reads it
    for (const branch of branchesOf(letter)) {
      const reached = await this.#reachedBy(branch, letter.partition)
      if (reached === null || reached.incarnation < letter.incarnation) return false
      if (reached.incarnation > letter.incarnation) continue
      if ((letter.stage === 'store' ? reached.from : reached.next) <= letter.offset) return false
      if (letter.stage === 'store' && (await this.#isInOpenBackfill(letter))) return false
    }
    return true
  }

  async #isInOpenBackfill({ branch, partition, incarnation, offset }: LetterHead): Promise<boolean> {
    const contributor = contributorKey(partition, incarnation)
    this.#backfills ??= this.#options.backfills()
    return (await this.#backfills).some(
      (one) => one.branch === branch && one.contributor === contributor && one.next < one.to && one.block <= offset && offset < one.to,
    )
  }

  /** Whether there is a topic of that name where the letter's record was. */
  async isThere({ cluster, topic }: Partition): Promise<boolean> {
    this.#here ??= { clusterId: await this.#options.clusterId(), topics: new Set(await this.#options.admin.listTopics()) }
    return cluster === this.#here.clusterId && this.#here.topics.has(topic)
  }

  async #reachedBy(branch: BranchName, p: Partition): Promise<Reached | null> {
    const key = `${branch}|${partitionKey(p)}`
    const known = this.#reached.get(key)
    if (known !== undefined) return known
    const reached = await this.#read(branch, p)
    this.#reached.set(key, reached)
    return reached
  }

  async #read(branch: BranchName, p: Partition): Promise<Reached | null> {
    const { admin, names, evidence } = this.#options
    const position: ReadPosition = await readPosition(admin, branch === 'detail' ? names.detailGroup : names.rollupGroup, p)
    if (position.kind === 'at') return position.committed
    // The branch will open a new block where its ledger says that it was, or past that, where somebody set the offset.
    const known = await evidence(branch, p)
    return known === null ? null : { ...known, from: known.next }
  }
}
