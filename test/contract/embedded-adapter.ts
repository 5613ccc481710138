/** The embedded store as the adapter of the contract suites: a database of its own in a new folder for each. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbedded, type EmbeddedOptions, type EmbeddedStore } from '../../src/store/embedded.ts'
import type { DetailReader } from '../../src/store/detail-reader.ts'
import type { Sample } from '../../src/store/detail-store.ts'
import { aPartition, DAY, T0 } from '../support/builders.ts'
import type { AlertAdapter } from './alert-reader.ts'
import type { DetailAdapter, DocumentState } from './detail-store.ts'
import type { RollupAdapter } from './rollup-store.ts'

export const RETENTION = { detailDays: 14, rollupDays: 400, letterDays: 30, maxBytes: 1e9 }

const ALL_DAYS = { from: '0000-01-01', to: '9999-12-31' }
const ALL_TIME = { fromMs: 0, toMs: T0 + 1_000 * DAY }

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'tracefold-embedded-'))
}

export function openIn(path: string, over: Partial<EmbeddedOptions> = {}): EmbeddedStore {
  return openEmbedded({ path, retention: RETENTION, now: () => T0, ...over })
}

export async function embeddedDetail(path = newFolder()): Promise<DetailAdapter & { readonly reader: DetailReader }> {
  const store = openIn(path)
  return {
    store: store.asDetailStore(),
    reader: store.reader,
    partitions: [aPartition(), aPartition({ partition: 1 })],
    nowMs: T0,
    detailDays: RETENTION.detailDays,
    documents: async () => {
      const documents = await store.reader.documents({ ...ALL_TIME, job: null, fingerprint: null, text: null, limit: 100_000 })
      return documents.map(({ identity, sample, ...rest }) => ({
        ...rest,
        job: identity.job,
        fingerprint: identity.fp,
        windowMs: identity.window,
        title: identity.title,
        classification: identity.classification,
        sampleMessage: sample?.message ?? null,
        samplePlace: sample === null ? null : placeOf(sample),
      }))
    },
    ledger: () => store.reader.ledger(ALL_DAYS),
    letters: () => store.reader.letters({ limit: 1_000 }),
    reopen: async () => {
      await store.close()
      return embeddedDetail(path)
    },
    close: () => closeAndRemove(store, path),
  }
}

export async function embeddedRollup(path = newFolder()): Promise<RollupAdapter & AlertAdapter> {
  const store = openIn(path)
  return {
    store: store.asRollupStore(),
    reader: store.reader,
    alerts: store.reader,
    partitions: [aPartition(), aPartition({ partition: 1 })],
    nowMs: T0,
    ledger: () => store.reader.ledger(ALL_DAYS),
    letters: () => store.reader.letters({ limit: 1_000 }),
    reopen: async () => {
      await store.close()
      return embeddedRollup(path)
    },
    close: () => closeAndRemove(store, path),
  }
}

function placeOf({ operator, subtask, layout, envelopes }: Sample): DocumentState['samplePlace'] {
  return { operator, subtask, layout, envelopes }
}

async function closeAndRemove(store: EmbeddedStore, path: string): Promise<void> {
  await store.close()
  rmSync(path, { recursive: true, force: true })
}
