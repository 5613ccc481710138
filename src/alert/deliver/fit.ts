/**
 * Makes a message fit a receiver: alerts are left out from the end, and where not even one fits, its texts are shortened.
 *
 * In: how many alerts there are and may be shown, how to render so many of them so briefly, and whether that fits. Out: the first rendering that fits.
 * Pure. Throws `refused` where nothing does, which the bounds of message.ts rule out for every receiver that we have (a test holds them to it).
 */
import { BREVITIES, type Brevity } from './message.ts'
import { refused } from './receiver.ts'

export interface Fit<T> {
  readonly alerts: number
  readonly maxShown: number
  readonly render: (shown: number, brevity: Brevity) => T
  readonly fits: (rendered: T) => boolean
}

export function fit<T>({ alerts, maxShown, render, fits }: Fit<T>): T {
  for (const brevity of BREVITIES) {
    // Once texts are short, one alert is what is asked for.
    const most = brevity === 0 ? Math.min(alerts, maxShown) : 1
    const shown = mostThatFit(most, (n) => fits(render(n, brevity)))
    if (shown > 0) return render(shown, brevity)
  }
  throw refused('not even one alert fits into a message')
}

/** By halving: what fits with n alerts fits with fewer. 0: not even one. */
function mostThatFit(most: number, fits: (shown: number) => boolean): number {
  let fitting = 0
  let tooMany = most + 1
  if (fits(most)) return most
  while (tooMany - fitting > 1) {
    const middle = (fitting + tooMany) >> 1
    if (fits(middle)) fitting = middle
    else tooMany = middle
  }
  return fitting
}

export function utf8Bytes(text: string): number {
  return Buffer.byteLength(text, 'utf8')
}
