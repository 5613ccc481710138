/** The merge laws on the embedded store: one database, a document of its own for each history. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { embeddedDetail } from '../contract/embedded-adapter.ts'
import type { DetailAdapter } from '../contract/detail-store.ts'
import { aDetailPart, anIdentity, anUpdate } from '../support/builders.ts'
import { checkMergeLaws, type Sent } from './merge-laws.ts'

const never = new AbortController().signal
let adapter: DetailAdapter

beforeAll(async () => {
  adapter = await embeddedDetail()
})
afterAll(() => adapter.close())

test('whatever is repeated, late or mixed up, each event is counted once', async () => {
  let histories = 0
  await checkMergeLaws(async (sent) => countOf(`v1:${histories++}`, sent), 150)
  expect(histories).toBeGreaterThanOrEqual(150)
})

async function countOf(fp: string, sent: readonly Sent[]): Promise<number> {
  const identity = anIdentity({ fp, window: adapter.nowMs })
  for (const contributions of sent) await adapter.store.commit(aDetailPart([anUpdate({ identity, contributions })]), never)
  return (await adapter.documents()).find(({ fingerprint }) => fingerprint === fp)?.count ?? 0
}
