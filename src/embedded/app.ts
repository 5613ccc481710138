/**
 * Embedded mode: no server. Files, standard input, HTTP and the bundled sample in; documents, rollups, ledger, letters and positions in one SQLite
 * file out, both branches in one transaction.
 */
import { EmbeddedState } from '../alert/run/embedded-state.ts'
import { startAlerting, type AlertingParts } from '../alert/run/start.ts'
import type { AlertDesk } from '../alert/desk.ts'
import type { PipelineState } from '../alert/run/pipeline-watch.ts'
import { ruleBookOf } from '../api/rule-book.ts'
import { withoutInfo } from '../log.ts'
import type { Mode, ModeContext } from '../mode.ts'
import { EmbeddedControlLog } from '../control/embedded-control-log.ts'
import { createDesk } from '../dlq/desk.ts'
import { embeddedBox, judgeOptions } from '../cluster/letter-boxes.ts'
import type { OnRelease } from '../lib/releasers.ts'
import { LiveRules } from '../rules/live-rules.ts'
import { embeddedOffsets } from '../offsets/embedded-offsets.ts'
import { RulesInForce } from '../rules/rules.ts'
import { createHttpSource, type HttpSource } from '../source/http.ts'
import type { Bounds, Source } from '../source/source.ts'
import { unionSource } from '../source/union.ts'
import { openEmbedded, type EmbeddedStore } from '../store/embedded.ts'
import type { Resume } from '../store/position.ts'
import { resumeAt } from '../store/resume.ts'
import type { Store } from '../store/store.ts'
import { createStream, type Stream, type StreamOptions, type StreamReport } from '../stream.ts'
import { Tallies } from '../stream/tally.ts'
import { Pruning } from './pruning.ts'
import { WriteTrouble } from './write-trouble.ts'

export async function startEmbedded(context: ModeContext, onRelease: OnRelease): Promise<Mode> {
  const { settings, log, exitAtEnd, inputs } = context
  const pruning = new Pruning(log)
  onRelease(() => pruning.ended())
  const writes = new WriteTrouble()
  const store = openStore(context, writes)
  onRelease(() => store.close())
  const rules = new LiveRules(context)
  const http: HttpSource | null = exitAtEnd ? null : createHttpSource({ maxRecordBytes: settings.limits.maxRecordBytes })
  const source = unionSource(http === null ? inputs.sources : [...inputs.sources, http])
  const tallies = new Tallies()
  const stream = streamOver(context, { source, store: withinBounds(writes.watch(store), source, store), rules, tallies })
  onRelease(() => stream.stop())
  onRelease(() => rules.stop()) // a stream that ends takes no new rules
  const box = embeddedBox(settings, Date.now)
  const judge = judgeOptions(settings, () => rules.now, Date.now)
  const letters = createDesk(box, judge)
  onRelease(() => letters.close())
  pruning.start(async () => {
    await store.prune()
    await box.trim()
  })
  onRelease(async () => pruning.stop())
  rules.onChange((changed) => stream.changeRules(changed))
  const book = ruleBookOf(() => rules.patterns)
  const watched = {
    reader: store.reader,
    adviceOf: (id: string) => book.adviceOf(id)?.advice ?? null,
    tally: () => tallies.tally(),
    pipeline: () => ({ ...lagOf(stream.report()), trouble: writes.why }),
  }
  const alerts = startEmbeddedAlerting(context, watched, onRelease)
  await stream.start()
  return {
    done: stream.done,
    tally: () => tallies.tally(),
    api: {
      reader: store.reader,
      details: store.reader,
      isOwn: (className) => rules.now.isOwn(className),
      ledger: store.reader,
      letters,
      offsets: { reader: embeddedOffsets(store.reader, () => stream.report().partitions), desk: null },
      ingest: http,
      rules: book,
      alerts,
      pipeline: () => ({ streams: [stream.report()], tallies }),
    },
  }
}

function openStore({ settings, health, log }: ModeContext, writes: WriteTrouble): EmbeddedStore {
  return openEmbedded({
    path: settings.embedded.path,
    retention: {
      detailDays: settings.detail.retentionDays,
      rollupDays: settings.rollup.retentionDays,
      letterDays: settings.deadLetters.retentionDays,
      maxBytes: settings.embedded.maxBytes,
    },
    now: Date.now,
    onBusy: (error, waitMs) => {
      const reason = writes.note(error)
      health.set('stream detail+rollup', false, reason)
      log.warn({ waitMs }, `cannot write: ${reason}`)
    },
  })
}

interface StreamParts extends Pick<StreamOptions, 'source' | 'store'> {
  readonly rules: LiveRules
  readonly tallies: Tallies
}

function streamOver({ settings, exitAtEnd, metrics, health, log }: ModeContext, { rules, ...parts }: StreamParts): Stream {
  const { flushMs } = settings.embedded
  return createStream({
    ...parts,
    branches: ['detail', 'rollup'],
    intake: { settings, now: Date.now, recordsAreTimed: false, metrics },
    rules: new RulesInForce(rules.now),
    settings,
    flushMs: { caughtUp: flushMs, behind: flushMs },
    exitAtEnd,
    metrics,
    health,
    log,
    now: Date.now,
  })
}

interface Watched extends Pick<AlertingParts, 'reader' | 'adviceOf' | 'tally'> {
  readonly pipeline: () => PipelineState
}

/** A run that ends by itself evaluates nothing: what it reads is the past. */
function startEmbeddedAlerting(
  { settings, env, health, metrics, log, exitAtEnd }: ModeContext,
  { pipeline, ...watched }: Watched,
  onRelease: OnRelease,
): AlertDesk | null {
  if (!settings.alerts.enabled || exitAtEnd) return null
  const { path } = settings.embedded
  const parts = {
    ...watched,
    settings,
    env,
    state: new EmbeddedState({ path }),
    control: new EmbeddedControlLog({ path, now: Date.now, onFailed: crash }),
    lookAtPipeline: () => Promise.resolve(pipeline()),
    health,
    metrics,
    log: withoutInfo(log), // which process has which shard of the alerts: here is only one
    onFailed: crash,
  }
  return startAlerting(parts, onRelease)
}

/** Of the input that is furthest behind; null where inputs do not know. One that knows only that there is more may be further behind than all others. */
export function lagOf({ partitions }: Pick<StreamReport, 'partitions'>): Pick<PipelineState, 'lagMs' | 'isBehind'> {
  if (partitions.some(({ hasMore, lagSeconds }) => hasMore && lagSeconds === null)) return { lagMs: null, isBehind: true }
  const known = partitions.flatMap(({ lagSeconds }) => lagSeconds ?? [])
  return { lagMs: known.length === 0 ? null : Math.max(...known) * 1_000 }
}

/** A fault of the program: let it crash, nothing was committed. */
function crash(error: unknown): never {
  throw error
}

/** A file that ends below our position is another file by the same identity: a new incarnation, from its beginning. Its name is noted. */
function withinBounds(store: Store, source: Source, names: Pick<EmbeddedStore, 'noteName'>): Store {
  const within = (resume: Resume | null, bounds: Bounds): Resume | null =>
    resume === null ? null : resumeAt({ ...resume, rules: '' }, bounds, '')
  return {
    open: async (p, signal) => {
      const { detail, rollup } = await store.open(p, signal)
      const bounds = await source.bounds(p)
      const path = source.nameOf?.(p) ?? null
      if (path !== null) await names.noteName(p, path, signal)
      return { detail: within(detail, bounds), rollup: within(rollup, bounds) }
    },
    commit: (unit, signal) => store.commit(unit, signal),
    close: () => store.close(),
  }
}
