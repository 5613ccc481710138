/**
 * The embedded store under faults: killed while it writes, no room on its disk, two processes on one folder, a damaged file. A clear error or a full account;
 * never a silent loss.
 */
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { loadSettings } from '../../../src/config/load.ts'
import { openDatabase } from '../../../src/store/sqlite.ts'
import { runTracefold } from '../../support/tracefold.ts'
import { countsInApi, totalOf } from '../../support/oracle.ts'
import { waitUntil } from '../../support/wait.ts'
import { Expected, type Groups } from '../expected.ts'
import { NOTHING, type Fault, type Outcome } from '../fault.ts'
import { startMember, type Member } from '../member.ts'
import { anError } from '../records.ts'
import { compare } from '../verdict.ts'

const SETTLE_MS = 120_000

/** A log file that is being written, the folder that is filled from it, and what must be in there. */
interface Desk {
  readonly log: string
  readonly data: string
  readonly settings: Record<string, unknown>
  readonly expected: Expected
  write(count: number): void
}

function desk(over: Record<string, unknown> = {}): Desk {
  const folder = mkdtempSync(join(tmpdir(), 'tracefold-chaos-'))
  const [log, data] = [join(folder, 'app.ndjson'), join(folder, 'data')]
  const settings = { mode: 'embedded', logLevel: 'warn', http: { port: 0 }, embedded: { path: data, files: [log], flushMs: 50 }, ...over }
  const expected = new Expected(loadSettings({ file: null, env: {}, overrides: settings }))
  let id = 0
  writeFileSync(log, '')
  return {
    log,
    data,
    settings,
    expected,
    write: (count) => {
      let text = ''
      for (let i = 0; i < count; i++) {
        const { value } = anError(++id, Date.now())
        if (value === null) continue // a file has no tombstones
        expected.add(0, 0, id, { key: null, value })
        text += `${value.toString()}\n`
      }
      appendFileSync(log, text)
    },
  }
}

export const embeddedKilled: Fault = {
  name: 'embedded-killed',
  about: 'the embedded mode follows a growing file and is killed at random moments',
  cycles: 20,
  async run({ cycles, random }) {
    const one = desk()
    let peakMiB = 0
    for (let i = 0; i < cycles; i++) {
      one.write(random.between(200, 2_000))
      const member = await startMember(one.settings)
      const writing = setInterval(() => one.write(random.between(10, 200)), 50)
      await delay(random.between(0, 1_500))
      clearInterval(writing)
      member.assertAlive()
      await (random.chance(0.8) ? member.kill('SIGKILL') : member.stop())
      peakMiB = Math.max(peakMiB, member.peakMiB)
    }
    const last = await startMember(one.settings)
    return { ...(await concluded(one, last)), peakMiB: Math.round(Math.max(peakMiB, last.peakMiB)) }
  },
}

export const embeddedTwo: Fault = {
  name: 'embedded-two',
  about: 'a second process on the same folder ends with a clear error, and the first one does not notice',
  cycles: 3,
  async run({ cycles }) {
    const one = desk()
    const first = await startMember(one.settings)
    const problems: string[] = []
    for (let i = 0; i < cycles; i++) {
      one.write(500)
      const { code, output } = await runTracefold(one.settings, ['run'])
      if (code === 0 || !/is being written by process/.test(output))
        problems.push(`the second process ended with ${code}: ${output.slice(0, 300)}`)
    }
    const outcome = await concluded(one, first)
    return { ...outcome, problems: [...problems, ...outcome.problems] }
  },
}

export const embeddedCorrupt: Fault = {
  name: 'embedded-corrupt',
  about: 'the database is damaged in its head, in its middle, or cut: a start, or the first use, ends with a clear error',
  cycles: 1,
  async run({ cycles }) {
    const problems: string[] = []
    for (let i = 0; i < cycles; i++) {
      for (const [what, damage] of Object.entries(DAMAGES)) {
        const one = desk()
        one.write(2_000)
        const { code: built } = await runTracefold(one.settings, ['run', '--exit-at-end'])
        if (built !== 0) problems.push(`${what}: could not be filled (${built})`)
        damage(join(one.data, 'tracefold.db'))
        one.write(2_000)
        const { code, output } = await runTracefold(one.settings, ['run', '--exit-at-end'])
        if (code === 0) problems.push(`${what}: a damaged file was taken for a good one`)
        else if (!/damaged|corrupt|not a database|malformed/i.test(output))
          problems.push(`${what}: ended with ${code}, but does not say why: ${output.slice(0, 300)}`)
      }
    }
    return { ...NOTHING, events: cycles * Object.keys(DAMAGES).length, problems }
  },
}

const PAGE = 4_096
const DAMAGES: Readonly<Record<string, (file: string) => void>> = {
  'its head overwritten': (file) => overwrite(file, 0, 100),
  'its schema overwritten': (file) => overwrite(file, 100, PAGE - 100),
  'all pages behind the first overwritten': (file) => overwrite(file, PAGE, statSync(file).size - PAGE),
  'cut to half': (file) => writeFileSync(file, readFileSync(file).subarray(0, Math.floor(statSync(file).size / PAGE / 2) * PAGE)),
}

function overwrite(file: string, at: number, length: number): void {
  const handle = openSync(file, 'r+')
  writeSync(handle, Buffer.alloc(length, 0xa5), 0, length, at)
  closeSync(handle)
}

const FULL_MIB = 24
const FULL_MS = 60_000

export const embeddedDiskFull: Fault = {
  name: 'embedded-disk-full',
  about: 'the disk of the embedded store fills up and gets room again: it waits, says so, and loses nothing',
  cycles: 2,
  async run({ cycles }) {
    if (spawnSync('unshare', ['-rm', 'true']).status !== 0)
      return { ...NOTHING, notRun: 'this machine lets us mount no small disk (unshare -rm)' }
    const one = desk()
    mkdirSync(one.data)
    const launcher = ['unshare', '-rm', 'sh', '-c', `mount -t tmpfs -o size=${FULL_MIB}m tmpfs "$0" && exec "$@"`, one.data]
    const member = await startMember(one.settings, { launcher })
    const filler = join('/proc', String(member.pid), 'root', one.data, 'filler')
    const problems: string[] = []
    for (let i = 0; i < cycles; i++) {
      fillUp(filler)
      one.write(2_000)
      await waitUntil('it to say that there is no room', async () => !(await fetch(`${member.url}readyz`)).ok, FULL_MS).catch(() =>
        problems.push('/readyz says that all is well although the disk is full'),
      )
      member.assertAlive()
      rmSync(filler)
      one.write(200)
      await waitUntil('it to be well again', async () => (await fetch(`${member.url}readyz`)).ok, FULL_MS).catch(() =>
        problems.push('it does not recover from a full disk'),
      )
    }
    const outcome = await concluded(one, member)
    return { ...outcome, problems: [...problems, ...outcome.problems] }
  },
}

/** Writes until there is no room. */
function fillUp(file: string): void {
  for (const piece of [1_048_576, 4_096]) {
    try {
      for (;;) appendFileSync(file, Buffer.alloc(piece))
    } catch {
      continue // full, for pieces of this size
    }
  }
}

/** All is in: what is counted no longer grows, and then it is compared. */
async function concluded(one: Desk, member: Member): Promise<Outcome> {
  const expected = one.expected.of('detail')
  const beganMs = Date.now()
  await waitUntil('all events to be counted', async () => totalOf(await countsInApi(member.url)) >= expected.counted, SETTLE_MS).catch(
    () => {},
  ) // what is missing shows below
  const lagZeroMs = Date.now() - beganMs
  const found = { rollup: await countsInApi(member.url), detail: groupsOfDocuments(member, one) }
  const ledger = (await (await fetch(`${member.url}api/v1/ledger`)).json()) as {
    balanced: boolean
    totals: { branch: string; consumed: number; counted: number; filtered: number }[]
  }
  const problems = ledger.balanced ? [] : ['the ledger is not in balance']
  for (const { branch, consumed, counted, filtered } of ledger.totals) {
    const said = `consumed ${consumed}, counted ${counted}, filtered ${filtered}`
    const due = `consumed ${expected.consumed}, counted ${expected.counted}, filtered ${expected.filtered}`
    if (said !== due) problems.push(`ledger of ${branch}: ${said}; expected ${due}`)
  }
  await member.stop()
  const [rollup, detail] = [compare(expected.groups, found.rollup), compare(expected.groups, found.detail)]
  return {
    ...NOTHING,
    events: one.expected.records(),
    lost: rollup.lost + detail.lost,
    doubled: rollup.doubled + detail.doubled,
    lagZeroMs,
    peakMiB: Math.round(member.peakMiB),
    problems,
  }
}

/** From a copy, taken while the process is held: its folder may be on a disk that only it sees. */
function groupsOfDocuments(member: Member, { data }: Desk): Groups {
  const copy = join(mkdtempSync(join(tmpdir(), 'tracefold-chaos-')), 'tracefold.db')
  member.pause()
  for (const suffix of ['', '-wal'])
    copyFileSync(join('/proc', String(member.pid), 'root', data, `tracefold.db${suffix}`), `${copy}${suffix}`)
  member.resume()
  const db = openDatabase(copy)
  try {
    const rows = db
      .prepare('SELECT job, fingerprint, SUM(count) AS events FROM document GROUP BY 1, 2')
      .all<{ job: string; fingerprint: string; events: number }>()
    return new Map(rows.map(({ job, fingerprint, events }) => [`${job} ${fingerprint}`, events]))
  } finally {
    db.close()
  }
}
