/** The contract suite of the source port on what the embedded mode reads. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { createFileSource } from '../../src/source/file.ts'
import { createHttpSource } from '../../src/source/http.ts'
import { createSampleSource } from '../../src/source/sample.ts'
import { createStdinSource } from '../../src/source/stdin.ts'
import { unionSource } from '../../src/source/union.ts'
import { describeEnding, describeSeeking, describeSource, type SourceAdapter } from './source.ts'

const RECORDS = 3_500
const TEXT = Array.from({ length: RECORDS }, (_, i) => `{"message":"boom ${i}"}\n${i % 7 === 0 ? '\n' : ''}`).join('')
const LIMITS = { maxRecordBytes: 1_000_000 }
const nothing = async (): Promise<void> => undefined
const noFeed = (): void => undefined
/** A look of a follower takes one turn of the event loop here. */
const wait = async (_ms: number, signal: AbortSignal): Promise<void> => {
  await turn()
  signal.throwIfAborted()
}

async function file(follow: boolean): Promise<SourceAdapter> {
  const folder = await mkdtemp(join(tmpdir(), 'tracefold-source-'))
  await writeFile(join(folder, 'app.log'), TEXT)
  const source = createFileSource({ paths: [join(folder, '*.log')], follow, ...LIMITS, wait })
  return { source, feed: noFeed, records: RECORDS, release: () => rm(folder, { recursive: true }) }
}

function stdin(): SourceAdapter {
  const source = createStdinSource(Readable.from([Buffer.from(TEXT)]), { ...LIMITS, wait })
  return { source, feed: noFeed, records: RECORDS, release: nothing }
}

function http(): SourceAdapter {
  const source = createHttpSource(LIMITS)
  // The suite may stop it before everything is committed: then nobody gets an answer.
  const feed = (): void => void source.ingest(Buffer.from(TEXT), null).catch(() => undefined)
  return { source, feed, records: RECORDS, release: nothing }
}

function sample(): SourceAdapter {
  const source = createSampleSource({ from: 'samples', now: () => Date.UTC(2026, 2, 1), live: false })
  return { source, feed: noFeed, records: 4_800, release: nothing }
}

async function union(): Promise<SourceAdapter> {
  const parts = [await file(false), http()]
  return {
    source: unionSource(parts.map(({ source }) => source)),
    feed: () => parts.forEach((part) => part.feed()),
    records: 2 * RECORDS,
    release: async () => void (await Promise.all(parts.map((part) => part.release()))),
  }
}

const everyKind = {
  'a file read once': () => file(false),
  'a file that is followed': () => file(true),
  'a pipe': async () => stdin(),
  HTTP: async () => http(),
  'the sample logs': async () => sample(),
  'a file and HTTP together': union,
}
for (const [name, make] of Object.entries(everyKind)) describeSource(name, make)

describeSeeking('a file', () => file(false))
describeSeeking('a file that is followed', () => file(true))
describeSeeking('HTTP', async () => http())
describeSeeking('the sample logs', async () => sample())

describeEnding('a file', () => file(false))
describeEnding('a pipe', async () => stdin())
describeEnding('the sample logs', async () => sample())
describeEnding('a file and HTTP together', union)
