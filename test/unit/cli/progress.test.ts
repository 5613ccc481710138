/** What a person sees while files are read. */
import { expect, it } from 'vitest'
import { displayProgress, progressLine } from '../../../src/cli/progress.ts'

const HALF = { name: 'app.log', bytesRead: 430, bytesTotal: 1_000, records: 24_600, problems: [] }

it.each([
  ['a rate and the time left', HALF, 2_000, 'app.log  43 %  12,300 events/s  3 s left'],
  ['no rate at the very beginning', { ...HALF, bytesRead: 0, records: 0 }, 100, 'app.log  0 %'],
  ['no time left at the end', { ...HALF, bytesRead: 1_000 }, 2_000, 'app.log  100 %  12,300 events/s'],
  ['minutes', { ...HALF, bytesRead: 10 }, 2_000, 'app.log  1 %  12,300 events/s  3 min 18 s left'],
  ['hours', { ...HALF, bytesRead: 1 }, 10_000, 'app.log  0 %  2,460 events/s  2 h 46 min left'],
  ['nothing to read', { ...HALF, bytesRead: 0, bytesTotal: 0, records: 0 }, 0, 'app.log  100 %'],
])('the line shows %s', (_name, progress, elapsedMs, expected) => {
  expect(progressLine(progress, elapsedMs)).toBe(expected)
})

it.each([
  [
    'a terminal sees one line that is written over, and then the problems',
    true,
    '\rapp.log  43 %\u001b[K\rapp.log  43 %\u001b[K\nb.gz: not whole\n',
  ],
  ['elsewhere each state is a line', false, 'app.log  43 %\napp.log  43 %\nb.gz: not whole\n'],
])('%s', (_name, isTTY, expected) => {
  let written = ''
  const output = { isTTY, write: (text: string) => (written += text) }
  const display = displayProgress({ progress: () => ({ ...HALF, problems: ['b.gz: not whole'] }), output, now: () => 0 })
  display.show()
  display.stop()
  expect(written).toBe(expected)
})
