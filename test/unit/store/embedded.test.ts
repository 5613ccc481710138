/** The embedded store as a file and a process see it: one transaction, one writer, readers beside it, and files that are not what they should be. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openEmbedded, openEmbeddedReader, type EmbeddedStore } from '../../../src/store/embedded.ts'
import { openDatabase, type Database } from '../../../src/store/sqlite.ts'
import { newFolder, openIn, RETENTION } from '../../contract/embedded-adapter.ts'
import {
  aDetailPart,
  aLetter,
  anEntry,
  anIdentity,
  aSample,
  anUpdate,
  aPartition,
  aProgress,
  aRollupPart,
  aRow,
  DAY,
  hashed,
  MINUTE,
  T0,
  TRACE,
} from '../../support/builders.ts'

const never = new AbortController().signal
const everything = { fromMs: 0, toMs: T0 + DAY, job: null, fingerprint: null, text: null, limit: 100 }
const rollups = { fromMs: T0 - DAY, toMs: T0 + DAY, job: null, by: 'fingerprint' as const, limit: 10 }

let path: string
let store: EmbeddedStore

beforeEach(() => {
  path = newFolder()
  store = openIn(path)
})
afterEach(async () => {
  await store.close()
  rmSync(path, { recursive: true, force: true })
})

describe('commit', () => {
  test('a commit that fails leaves nothing of either branch behind, and the next one works', async () => {
    const good = aRollupPart([aRow()], { ledger: [anEntry({ branch: 'rollup' })], letters: [aLetter()] })
    // A row without a count breaks a constraint after everything else was written.
    const broken = aRollupPart([aRow({ windowMs: T0 - MINUTE, count: null as unknown as number })])
    const unit = {
      detail: aDetailPart([anUpdate({ sample: aSample() })], {
        ledger: [anEntry()],
        letters: [aLetter({ offset: 1 })],
        progress: [aProgress({ next: 9 })],
      }),
    }

    await expect(store.commit({ ...unit, rollup: [good, broken] }, never)).rejects.toMatchObject({ code: 'store_refused' })
    expect(await state()).toEqual({ documents: 0, total: 0, ledger: 0, letters: 0, next: [0, 0] })

    await store.commit({ ...unit, rollup: [good] }, never)
    expect(await state()).toEqual({ documents: 1, total: 1, ledger: 2, letters: 2, next: [9, 1] })
  })

  test('what is settled after the documents fails with them', async () => {
    const settle = () => {
      throw new Error('a fault of the program')
    }
    await expect(store.commit({ detail: { documents: [anUpdate()], settle }, rollup: [] }, never)).rejects.toThrow('a fault of the program')
    expect((await state()).documents).toBe(0)
  })

  test('after a restart a new block opens where the last commit ended', async () => {
    await store.commit(
      { detail: aDetailPart([], { progress: [aProgress({ from: 2_000, next: 2_700, incarnation: 3 })] }), rollup: [] },
      never,
    )
    await store.close()
    store = openIn(path)
    expect(await store.open(aPartition(), never)).toEqual({
      detail: { incarnation: 3, from: 2_700, next: 2_700, lost: null },
      rollup: { incarnation: 0, from: 0, next: 0, lost: null },
    })
  })

  describe('while something else holds the database', () => {
    let other: Database
    let onBusy: () => void

    beforeEach(async () => {
      await store.close()
      store = openIn(path, { onBusy: () => onBusy() })
      other = openDatabase(join(path, 'tracefold.db'))
      other.exec('BEGIN IMMEDIATE')
    })
    afterEach(() => other.close())

    const commit = (signal: AbortSignal) => store.commit({ detail: aDetailPart([anUpdate()]), rollup: [] }, signal)

    test('a commit is tried again until it goes through, and is counted once', async () => {
      let waits = 0
      onBusy = () => {
        if (++waits === 2) other.exec('ROLLBACK')
      }
      await commit(never)
      expect(waits).toBe(2)
      expect(await store.reader.documents(everything)).toMatchObject([{ count: 1 }])
    })

    test('a stop ends the tries', async () => {
      const stop = new AbortController()
      onBusy = () => stop.abort()
      await expect(commit(stop.signal)).rejects.toMatchObject({ code: 'aborted' })
    })
  })

  async function state() {
    const { detail, rollup } = await store.open(aPartition(), never)
    return {
      documents: (await store.reader.documents(everything)).length,
      total: (await store.reader.top(rollups)).total,
      ledger: (await store.reader.ledger({ from: '2026-01-01', to: '2026-12-31' })).length,
      letters: (await store.reader.letters({ limit: 10 })).length,
      next: [detail?.next, rollup?.next],
    }
  }
})

describe('documents', () => {
  test('a sample comes back as it was, as text and as a structure', async () => {
    const cause = { type: 'java.io.IOException', message: null, frames: [], cause: null, suppressed: [] }
    const frames = [{ className: 'com.acme.Deep', method: 'call', file: null, line: null }]
    const samples = [
      aSample({
        context: new Map([
          ['__proto__', 'x'],
          ['tenant', 'acme'],
        ]),
        tags: ['a'],
      }),
      aSample({ throwable: { form: 'chain', chain: { ...cause, message: 'outer', frames, cause } } }),
      aSample({ throwable: null, message: '' }),
    ]
    const updates = samples.map((sample, i) => anUpdate({ identity: anIdentity({ fp: `v1:${i}`, window: T0 - i * MINUTE }), sample }))
    await store.commit({ detail: aDetailPart(updates), rollup: [] }, never)
    expect((await store.reader.documents(everything)).map(({ sample }) => sample)).toEqual(samples)
  })

  test('a document that came without a sample takes the first that comes', async () => {
    const update = (n: number, message: string | null) =>
      anUpdate({ contributions: [{ contributor: 'c', block: 0, n }], sample: message === null ? null : aSample({ message }) })
    for (const one of [update(1, null), update(2, 'first'), update(3, 'second')])
      await store.commit({ detail: aDetailPart([one]), rollup: [] }, never)
    expect(await store.reader.documents(everything)).toMatchObject([{ count: 3, sample: { message: 'first' } }])
  })

  test('words are found in traces, titles and messages, newest first, and never read as a query language', async () => {
    const at = (minutes: number, over: Parameters<typeof aSample>[0], title = 'Boom') =>
      anUpdate({
        identity: anIdentity({ title, window: T0 - minutes * MINUTE }),
        sample: aSample({ throwable: null, message: 'none', ...over }),
      })
    const inTrace = at(3, { throwable: { form: 'text', type: null, message: null, text: TRACE } })
    const inTitle = at(2, {}, 'Orders.check failed')
    const inMessage = at(1, { message: 'called Orders.check(17) "in" vain' })
    await store.commit({ detail: aDetailPart([inTrace, inTitle, inMessage, at(4, {})]), rollup: [] }, never)

    const found = async (text: string, limit = 10) => (await store.reader.documents({ ...everything, text, limit })).map(({ id }) => id)
    expect(await found('Orders.check')).toEqual([inMessage.id, inTitle.id, inTrace.id])
    expect(await found('orders.chec', 2)).toEqual([inMessage.id, inTitle.id])
    expect(await found('com.acme.Orders.save')).toEqual([inTrace.id])
    expect(await found('orders vain')).toEqual([inMessage.id])
    for (const odd of ['"', '* xyz OR', 'body:x', 'NEAR(', '-', "'; DROP TABLE document"]) expect(await found(odd)).toEqual([])
  })

  test('a document is found by the keys that its events had before', async () => {
    const joined = anUpdate({ identity: anIdentity({ fp: 'v2:1' }), previous: hashed('v1:a') })
    await store.commit(
      {
        detail: aDetailPart([
          joined,
          anUpdate({ identity: anIdentity({ fp: 'v1:a', window: T0 - MINUTE }) }),
          anUpdate({ identity: anIdentity({ fp: 'v2:2' }) }),
        ]),
        rollup: [],
      },
      never,
    )
    await store.commit(
      { detail: aDetailPart([{ ...joined, contributions: [{ contributor: 'c', block: 0, n: 1 }], previous: hashed('v1:b') }]), rollup: [] },
      never,
    )
    const found = async (fingerprint: string) =>
      (await store.reader.documents({ ...everything, fingerprint })).map(({ identity }) => identity.fp)
    expect(await found('v1:a')).toEqual(['v2:1', 'v1:a'])
    expect(await found('v1:b')).toEqual(['v2:1'])
    expect(await found('v2:2')).toEqual(['v2:2'])
  })

  test('a job and a group narrow what is read', async () => {
    const mine = anUpdate({ identity: anIdentity({ job: 'a', fp: 'v1:1' }) })
    await store.commit(
      {
        detail: aDetailPart([
          mine,
          anUpdate({ identity: anIdentity({ job: 'b', fp: 'v1:1' }) }),
          anUpdate({ identity: anIdentity({ job: 'a', fp: 'v1:2' }) }),
        ]),
        rollup: [],
      },
      never,
    )
    expect(await store.reader.documents({ ...everything, job: 'a', fingerprint: 'v1:1' })).toMatchObject([{ id: mine.id }])
  })
})

describe('one writer, many readers', () => {
  test("a second writer is turned away with the path and the owner's pid, and can write when the first has closed", async () => {
    expect(() => openIn(path)).toThrow(
      expect.objectContaining({ code: 'store_locked', message: expect.stringMatching(new RegExp(`${path}.*process ${process.pid}`)) }),
    )
    await store.close()
    store = openIn(path)
  })

  test('the lock dies with its process, however that ends', async () => {
    await store.close()
    const holder = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', HOLD_LOCK, join(path, 'tracefold.db.lock')], {
      cwd: process.cwd(),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(holder.stdout, 'data')
    expect(() => openIn(path)).toThrow(expect.objectContaining({ code: 'store_locked', message: expect.stringContaining('process 4711') }))

    holder.kill('SIGKILL')
    await once(holder, 'exit')
    store = openIn(path)
  })

  test('a reader beside a running writer sees what is committed', async () => {
    const reader = openEmbeddedReader(path)
    await store.commit({ detail: aDetailPart([anUpdate()]), rollup: [aRollupPart([aRow({ count: 3 })])] }, never)
    expect(await reader.documents(everything)).toHaveLength(1)
    expect((await reader.top(rollups)).total).toBe(3)
    await reader.close()
  })

  test('a reader where there is no database says what to do', () => {
    expect(() => openEmbeddedReader(join(path, 'nothing'))).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining('tracefold run') }),
    )
    expect(existsSync(join(path, 'nothing'))).toBe(false)
  })
})

describe('files that are not what they should be', () => {
  const file = () => join(path, 'tracefold.db')

  test('a file that is no database is refused with its path, and left as it is', async () => {
    await store.close()
    writeFileSync(file(), 'not a database at all, '.repeat(500))
    expect(() => openIn(path)).toThrow(expect.objectContaining({ code: 'store_corrupt', message: expect.stringContaining(file()) }))
    expect(readFileSync(file(), 'utf8')).toContain('not a database')
  })

  test('a damaged database is told of as damaged, when it is read', async () => {
    const updates = Array.from({ length: 300 }, (_, i) => anUpdate({ identity: anIdentity({ fp: `v1:${i}` }), sample: aSample() }))
    await store.commit({ detail: aDetailPart(updates), rollup: [] }, never)
    await store.close()
    const bytes = readFileSync(file())
    bytes.fill(0xab, 4_096 * 3) // all pages but the first three
    writeFileSync(file(), bytes)

    await expect(openAndCommit(updates)).rejects.toMatchObject({ code: 'store_corrupt', message: expect.stringContaining('Move it away') })
  })

  test("another program's database is refused, and a newer format says so", async () => {
    await store.close()
    const db = openDatabase(file())
    db.exec('UPDATE format SET version = 99')
    expect(() => openIn(path)).toThrow(
      expect.objectContaining({ code: 'store_corrupt', message: expect.stringMatching(/format 99.*newer version/) }),
    )
    db.exec('DROP TABLE format')
    expect(() => openIn(path)).toThrow(
      expect.objectContaining({ code: 'store_corrupt', message: expect.stringContaining('not a Tracefold database') }),
    )
    db.close()
  })

  async function openAndCommit(updates: Parameters<typeof aDetailPart>[0]): Promise<void> {
    store = openIn(path)
    await store.commit({ detail: aDetailPart(updates), rollup: [] }, never)
  }
})

test('a folder that cannot be made is an error at once', () => {
  writeFileSync(join(path, 'file'), '')
  expect(() => openEmbedded({ path: join(path, 'file', 'below'), retention: RETENTION, now: () => T0 })).toThrow(
    expect.objectContaining({ code: 'usage', message: expect.stringContaining('embedded.path') }),
  )
})

/** Holds the lock as another process would, with a pid that is easily told from any other. */
const HOLD_LOCK = `
import { createRequire } from 'node:module'
const { DatabaseSync } = process.getBuiltinModule('node:sqlite') ?? createRequire(process.cwd() + '/package.json')('@photostructure/sqlite')
const db = new DatabaseSync(process.argv[1])
db.exec('PRAGMA user_version = 4711; BEGIN IMMEDIATE')
console.log('held')
setInterval(() => {}, 1_000)
`
