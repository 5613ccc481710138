/** What a person sees while files are read. */
import { describe, expect, it } from 'vitest'
import { displayProgress, progressLine } from '../../../src/cli/progress.ts'
import { Screen } from '../../../src/cli/screen.ts'
import type { FileProgress } from '../../../src/source/file.ts'

const HALF: FileProgress = { name: 'app.log', bytesRead: 430, bytesTotal: 1_000, records: 24_600, problems: [], readBefore: [], empty: [] }
const START = { bytesRead: 0, records: 0 }

it.each([
  ['a rate and the time left', HALF, START, 2_000, 'app.log  43 %  12,300 events/s  3 s left'],
  ['the rate of the last moments', HALF, { bytesRead: 420, records: 24_500 }, 1_000, 'app.log  43 %  100 events/s  57 s left'],
  ['no time left where nothing moves', HALF, HALF, 1_000, 'app.log  43 %  0 events/s'],
  ['no rate at the very beginning', { ...HALF, bytesRead: 0, records: 0 }, START, 100, 'app.log  0 %'],
  ['no rate at the end', { ...HALF, bytesRead: 1_000 }, START, 2_000, 'app.log  100 %'],
  ['minutes', { ...HALF, bytesRead: 10 }, START, 2_000, 'app.log  1 %  12,300 events/s  3 min 18 s left'],
  ['hours', { ...HALF, bytesRead: 1 }, START, 10_000, 'app.log  0 %  2,460 events/s  2 h 46 min left'],
  ['nothing to read', { ...HALF, name: '0 files', bytesRead: 0, bytesTotal: 0, records: 0 }, START, 2_000, '0 files  nothing to read'],
])('the line shows %s', (_name, progress, before, elapsedMs, expected) => {
  expect(progressLine(progress, before, elapsedMs)).toBe(expected)
})

function recorder(isTTY: boolean): { output: { isTTY: boolean; write(text: string): void }; written: () => string } {
  let written = ''
  return { output: { isTTY, write: (text) => void (written += text) }, written: () => written }
}

describe('the display', () => {
  it.each([
    ['on a terminal is one line that is written over, and then the problems', true, '\rapp.log  43 %\u001b[K\nb.gz: not whole\n'],
    ['elsewhere is a line for each state', false, 'app.log  43 %\nb.gz: not whole\n'],
  ])('%s', (_name, isTTY, expected) => {
    const { output, written } = recorder(isTTY)
    const progress = () => ({ ...HALF, problems: ['b.gz: not whole'] })
    const display = displayProgress({ progress, screen: new Screen(output), now: () => 0 })
    display.show()
    display.stop()
    expect(written()).toBe(expected)
  })

  it('says nothing more of a file that is followed and rests', () => {
    const { output, written } = recorder(false)
    let nowMs = 0
    let progress = { ...HALF }
    const display = displayProgress({ progress: () => progress, screen: new Screen(output), now: () => nowMs })
    const look = (): void => {
      nowMs += 5_000
      display.show()
    }
    look()
    progress = { ...HALF, bytesRead: 1_000, records: 57_200 }
    for (let i = 0; i < 20; i++) look()
    progress = { ...HALF, bytesRead: 1_000, bytesTotal: 2_000, records: 57_200 }
    look()
    look()
    look()
    display.stop()
    expect(written().split('\n')).toEqual(['app.log  43 %  4,920 events/s  7 s left', 'app.log  100 %', 'app.log  50 %  0 events/s', ''])
  })
})

describe('the screen', () => {
  it('on a terminal clears the status before anything else is written, and shows it again below', () => {
    const { output, written } = recorder(true)
    const screen = new Screen(output)
    screen.write('{"msg":"one"}\n')
    screen.status('app.log  61 %')
    screen.write('{"msg":"two"}\n')
    screen.release()
    screen.write('done\n')
    expect(written()).toBe('{"msg":"one"}\n\rapp.log  61 %\u001b[K\r\u001b[K{"msg":"two"}\napp.log  61 %\ndone\n')
  })

  it('elsewhere writes lines as they come', () => {
    const { output, written } = recorder(false)
    const screen = new Screen(output)
    screen.status('app.log  61 %')
    screen.write('{"msg":"two"}\n')
    screen.status('app.log  61 %')
    expect(written()).toBe('app.log  61 %\n{"msg":"two"}\n')
  })
})
