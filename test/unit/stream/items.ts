/** Items as the intake makes them, for tests of what comes behind it. */
import type { Fingerprint, GroupedEvent, Job, Window } from '../../../src/event.ts'
import type { Item } from '../../../src/stream/item.ts'
import { anEvent, aLetter, DAY, MINUTE, T0 } from '../../support/builders.ts'

const BLOCK_SIZE = 10

/** Brands are put on here: these are the borders of a test. */
export function aGrouped(over: { job?: string; fp?: string; timeMs?: number; host?: string | null; message?: string } = {}): GroupedEvent {
  const { job = 'orders', fp = 'v1:a', timeMs = T0, host = 'host-1', message = 'could not save' } = over
  const window = timeMs - (timeMs % MINUTE)
  return {
    event: anEvent({ timeMs, message }),
    job: job as Job,
    environment: 'prod',
    host,
    operator: null,
    subtask: null,
    timeMs,
    originalTimeMs: null,
    window: window as Window,
    grouping: {
      fp: fp as Fingerprint,
      fpSite: `${fp}-site`,
      fpStack: `${fp}-stack`,
      previous: null,
      title: `title of ${fp}`,
      culprit: null,
      exceptionClass: null,
      rootCauseClass: null,
      why: 'so',
    },
    classification: null,
    key: `${job}\0${fp}\0${window}`,
  }
}

function placeOf(offset: number, index = 0) {
  return {
    offset,
    index,
    block: offset - (offset % BLOCK_SIZE),
    day: new Date(T0 + Math.floor(offset / 100) * DAY).toISOString().slice(0, 10),
  }
}

export function ok(offset: number, over: Parameters<typeof aGrouped>[0] = {}): Item {
  return { ...placeOf(offset), kind: 'ok', value: aGrouped(over) }
}

export function drop(offset: number): Item {
  return { ...placeOf(offset), kind: 'drop', reason: 'level' }
}

export function dead(offset: number, index = 0): Item {
  return { ...placeOf(offset, index), kind: 'dead', letter: aLetter({ offset, index }) }
}
