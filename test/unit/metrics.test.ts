/** The metrics file: names, labels and the text that Prometheus reads. */
import { expect, it } from 'vitest'
import { createMetrics } from '../../src/metrics.ts'

/** Each line of the text format, or a failure. */
function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>()
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# HELP ') || line.startsWith('# TYPE ')) continue
    const match = /^([a-z_:][a-z0-9_:]*(?:\{[a-z_]+="[^"\n]*"(?:,[a-z_]+="[^"\n]*")*\})?) (\S+)$/i.exec(line)
    if (match === null) throw new Error(`not a sample: ${line}`)
    samples.set(match[1] ?? '', Number(match[2]))
  }
  return samples
}

it('counters with closed labels start at zero, each combination of them', async () => {
  const samples = samplesOf((await createMetrics().exposition()).text)
  expect(samples.get('tracefold_records_consumed_total{branch="rollup"}')).toBe(0)
  expect(samples.get('tracefold_dead_letters_total{stage="store",reason="refused_by_store"}')).toBe(0)
})

it('every name of ours begins with tracefold_, has a help text, and ends in _total exactly where it is a counter', async () => {
  const { text } = await createMetrics().exposition()
  const types = [...text.matchAll(/^# TYPE (tracefold_\S+) (\S+)$/gm)]
  expect(types.length).toBeGreaterThan(20)
  for (const [, name = '', type] of types) {
    expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
    expect(text).toMatch(new RegExp(`^# HELP ${name} \\S.*$`, 'm'))
  }
  expect(text).toContain('process_cpu_seconds_total')
})

it('what is counted is what is shown', async () => {
  const metrics = createMetrics()
  metrics.detailFlush.inc({ trigger: 'age' })
  metrics.documentsFlushed.inc(7)
  metrics.consumerLag.set({ branch: 'detail', cluster: 'c', topic: 'error-logs', partition: '3' }, 42)
  metrics.buildInfo.set({ version: '0.1.0', fingerprint_version: 'v1' }, 1)
  metrics.endToEndLatency.observe({ branch: 'rollup', cluster: 'c' }, 1.5)
  const samples = samplesOf((await metrics.exposition()).text)
  expect(samples.get('tracefold_detail_flush_total{trigger="age"}')).toBe(1)
  expect(samples.get('tracefold_documents_flushed_total')).toBe(7)
  expect(samples.get('tracefold_consumer_lag_records{branch="detail",cluster="c",topic="error-logs",partition="3"}')).toBe(42)
  expect(samples.get('tracefold_build_info{version="0.1.0",fingerprint_version="v1"}')).toBe(1)
  expect(samples.get('tracefold_end_to_end_latency_seconds_bucket{le="2",branch="rollup",cluster="c"}')).toBe(1)
})

it('the lag of a partition that is no longer ours is forgotten', async () => {
  const metrics = createMetrics()
  const labels = { branch: 'detail', cluster: 'c', topic: 'error-logs', partition: '3' } as const
  metrics.consumerLag.set(labels, 42)
  metrics.consumerLag.remove(labels)
  expect((await metrics.exposition()).text).not.toContain('partition="3"')
})

it('two instances do not share a count', async () => {
  const [one, other] = [createMetrics(), createMetrics()]
  one.rollupRows.inc(5)
  expect(samplesOf((await other.exposition()).text).get('tracefold_rollup_rows_total')).toBe(0)
})
