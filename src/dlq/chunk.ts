/**
 * Some letters with what their events are now, folded into what is to be written at once: documents, rollup rows, moves in the ledger, letters that are gone
 * and letters that stay with another reason. Folding is the stream's own (converge.ts, aggregate.ts). Pure.
 *
 * A replay is a contributor of its own, and each chunk a block of it: their numbers grow, one chunk is written whole before the next is begun. So the merge
 * law makes a repeat of a chunk harmless, and a document has one mark for all replays there ever were.
 */
import { PartitionAccount } from '../stream/account.ts'
import { documentId } from '../detail/document.ts'
import { Converger } from '../detail/converge.ts'
import type { Item } from '../stream/item.ts'
import { Aggregator } from '../rollup/aggregate.ts'
import type { Partition } from '../source/source.ts'
import { branchesOf, dayOfLetter, refusalLetter, type DeadLetter, type LetterHead, type Share, type StandIn } from '../store/dead-letter.ts'
import type { DocumentUpdate, Refusal } from '../store/detail-store.ts'
import type { LedgerCounts } from '../store/ledger.ts'
import { contributorKey, type BranchName } from '../store/position.ts'
import type { RollupRow } from '../store/rollup-store.ts'

/** The replay's own "partition": its chunks' numbers are the offsets. */
export const REPLAY: Partition = { cluster: 'replay', topic: 'dead-letters', partition: 0 }

/** Of a further Kafka cluster: replays of two clusters do not fence each other, so that their numbers are in no order. */
export function replayOf(cluster: string | null): Partition {
  return cluster === null ? REPLAY : { ...REPLAY, topic: `${REPLAY.topic}-${cluster}` }
}

/** What is to be added to a line of the ledger: nothing in sum. */
export interface LedgerMove {
  readonly branch: BranchName
  readonly contributor: string
  readonly day: string
  readonly counts: LedgerCounts
}

export interface DocumentOf {
  readonly update: DocumentUpdate
  readonly shares: readonly Share[]
}

export interface Chunk {
  readonly seq: number
  readonly documents: readonly DocumentOf[]
  readonly rows: readonly RollupRow[]
  readonly moves: readonly LedgerMove[]
  /** Letters whose events are no longer dead. */
  readonly gone: readonly LetterHead[]
  /** Letters that stay, or come anew: their events are dead for these reasons now. */
  readonly written: readonly DeadLetter[]
}

/** A letter, and its events as they are now. */
export interface Judged {
  readonly letter: LetterHead
  readonly items: readonly Item[]
  readonly n: number
  readonly outOf: number
}

export interface ChunkOptions {
  /** Whose number `seq` is. */
  readonly contributor: Partition
  readonly seq: number
  readonly now: () => number
  readonly maxLetterBytes: number
}

export function foldChunk(judged: readonly Judged[], options: ChunkOptions): Chunk {
  const { seq, contributor } = options
  const detail = new Converger({
    blockSize: 1,
    rules: NO_RULES,
    maxLetterBytes: options.maxLetterBytes,
    now: options.now,
    flushed: NEVER_FLUSHED,
  })
  const rollup = new Aggregator({ blockSize: 1, rules: NO_RULES, now: options.now })
  for (const branch of [detail, rollup]) branch.open(contributor, { incarnation: 0, from: seq, next: seq, lost: null })
  const shares = new Map<string, Share[]>()
  for (const one of judged) {
    const items = itemsOf(one, seq)
    const branches = branchesOf(one.letter)
    if (branches.includes('rollup')) rollup.fold(contributor, items, seq + 1)
    if (!branches.includes('detail')) continue
    detail.fold(contributor, items, seq + 1)
    noteShares(shares, one)
  }
  const documents = detail.take().part.documents.map((update) => ({ update, shares: shares.get(update.id) ?? [] }))
  return { seq, documents, rows: rollup.take().flatMap(({ rows }) => rows), moves: movesOf(judged), ...lettersOf(judged) }
}

/** Whether nothing has changed for the letter: its events are dead for the same reason, in the same words. */
export function isUnchanged({ letter, items }: Judged): boolean {
  const [only] = items
  return items.length === 1 && only?.kind === 'dead' && only.letter.reason === letter.reason && only.letter.detail === letter.detail
}

/** What becomes of documents that the store refused: letters of their own, and the moves that say so. */
export function refusedOf(
  documents: readonly DocumentOf[],
  refusals: readonly Refusal[],
  maxLetterBytes: number,
): { letters: DeadLetter[]; moves: LedgerMove[]; refused: number; expired: number } {
  const byId = new Map(documents.map((document) => [document.update.id, document]))
  const letters: DeadLetter[] = []
  const moves: LedgerMove[] = []
  let [refused, expired] = [0, 0]
  for (const { id, detail, expired: isExpired } of refusals) {
    const document = byId.get(id)
    for (const share of document?.shares ?? []) {
      moves.push({
        branch: 'detail',
        contributor: contributorKey(share.partition, share.incarnation),
        day: share.day,
        counts: { counted: -share.n, [isExpired ? 'expired' : 'dead.refused_by_store']: share.n },
      })
      if (isExpired) expired += share.n
      else {
        refused += share.n
        letters.push(refusalLetter(share, standInOf((document as DocumentOf).update), detail, maxLetterBytes)) // it has shares
      }
    }
  }
  return { letters, moves: summed(moves), refused, expired }
}

const NO_RULES = { digest: '' }
const NEVER_FLUSHED = { has: () => false, set: () => {} }

/** As many as the letter stands for, in the chunk's block. */
function itemsOf({ items, n }: Judged, seq: number): Item[] {
  return items.flatMap((item) => Array.from({ length: n }, () => ({ ...item, offset: seq, block: seq })))
}

function noteShares(shares: Map<string, Share[]>, { letter, items, n }: Judged): void {
  const { partition, incarnation, offset } = letter
  for (const item of items) {
    if (item.kind !== 'ok') continue
    const id = documentId(item.value.key)
    const list = shares.get(id) ?? []
    shares.set(id, list)
    const last = list.at(-1)
    if (last !== undefined && last.offset === offset && last.partition === partition) last.n += n
    else list.push({ partition, incarnation, day: dayOfLetter(letter), offset, index: item.index, n })
  }
}

/** For each letter and branch: out of the reason that it was dead for, into what its events are now. */
function movesOf(judged: readonly Judged[]): LedgerMove[] {
  return summed(
    judged.flatMap(({ letter, items, n }) => {
      const counts = countsOf(items, n)
      for (const [name, minus] of [
        ['consumed', letter.events],
        [`dead.${letter.reason}`, letter.events],
      ] as const)
        counts[name] = (counts[name] ?? 0) - minus
      const contributor = contributorKey(letter.partition, letter.incarnation)
      return branchesOf(letter).map((branch) => ({ branch, contributor, day: dayOfLetter(letter), counts }))
    }),
  )
}

/** As the stream's account would have it. */
function countsOf(items: readonly Item[], n: number): Record<string, number> {
  const account = new PartitionAccount('detail', '')
  for (const item of items) for (let i = 0; i < n; i++) account.add({ ...item, block: 0 }, false)
  return { ...account.snapshot(0).entries([])[0]?.counts }
}

/** One for each line of the ledger, without what comes to nothing. */
function summed(moves: readonly LedgerMove[]): LedgerMove[] {
  const lines = new Map<string, LedgerMove & { readonly counts: Record<string, number> }>()
  for (const { branch, contributor, day, counts } of moves) {
    const key = `${branch}|${contributor}|${day}`
    const line = lines.get(key) ?? { branch, contributor, day, counts: {} }
    lines.set(key, line)
    for (const [name, n] of Object.entries(counts)) {
      const sum = (line.counts[name] ?? 0) + n
      if (sum === 0) delete line.counts[name]
      else line.counts[name] = sum
    }
  }
  return [...lines.values()].filter(({ counts }) => Object.keys(counts).length > 0)
}

function lettersOf(judged: readonly Judged[]): { gone: LetterHead[]; written: DeadLetter[] } {
  const gone: LetterHead[] = []
  const written: DeadLetter[] = []
  for (const one of judged) {
    const { letter, items, outOf } = one
    const day = dayOfLetter(letter)
    const branches = letter.branches === undefined ? {} : { branches: letter.branches }
    const still = items.flatMap((item) => (item.kind === 'dead' ? [{ ...item.letter, day, outOf, ...branches }] : []))
    written.push(...still)
    if (!still.some(({ id }) => id === letter.id)) gone.push(letter)
  }
  return { gone, written }
}

/** The document's first event stands for it, as in the letters of the stream (detail/refusal.ts). */
function standInOf({ identity, sample, firstMs }: DocumentUpdate): StandIn {
  const event =
    sample === null
      ? { layout: 'plain-text', level: identity.level, message: identity.title }
      : { ...sample, operator: undefined, subtask: undefined, context: Object.fromEntries(sample.context) }
  return { timeMs: firstMs, job: identity.job, event }
}
