/**
 * In: for each event the group it got and the group it is in truth. Out: how well the two agree. Pure.
 *
 *   GA, FGA      messages and groups that are right to the last member, as LogPai defines them (Zhu 2019, Jiang 2024)
 *   pair         over all pairs of events: predicted together against truly together
 *   purity       share of events in the majority truth of their predicted group
 *   B-cubed      precision and recall per event, averaged
 */

export interface Labelled {
  readonly predicted: string
  readonly truth: string
}

export interface Scores {
  readonly ga: number
  readonly fga: number
  readonly pairPrecision: number
  readonly pairF1: number
  readonly purity: number
  readonly bcubedF1: number
}

interface Cell {
  readonly predicted: string
  readonly truth: string
  count: number
}

export function scoresOf(events: readonly Labelled[]): Scores {
  const predicted = tally(events.map((event) => event.predicted))
  const truth = tally(events.map((event) => event.truth))
  const cells = cellsOf(events)
  const right = cells.filter((cell) => cell.count === predicted.get(cell.predicted) && cell.count === truth.get(cell.truth))
  const pairs = pairScores(cells, predicted, truth)
  const perEvent = (sizes: ReadonlyMap<string, number>, side: 'predicted' | 'truth') =>
    sum(cells, (cell) => cell.count ** 2 / sizes.get(cell[side])!) / events.length
  return {
    ga: sum(right, (cell) => cell.count) / events.length,
    fga: harmonic(right.length / predicted.size, right.length / truth.size),
    pairPrecision: pairs.precision,
    pairF1: harmonic(pairs.precision, pairs.recall),
    purity: sum([...majorities(cells).values()], (count) => count) / events.length,
    bcubedF1: harmonic(perEvent(predicted, 'predicted'), perEvent(truth, 'truth')),
  }
}

/** Each set counts the same, whatever its size. */
export function macro(all: readonly Scores[], of: keyof Scores): number {
  return sum(all, (scores) => scores[of]) / all.length
}

function tally(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

function cellsOf(events: readonly Labelled[]): Cell[] {
  const cells = new Map<string, Cell>()
  for (const { predicted, truth } of events) {
    const key = JSON.stringify([predicted, truth])
    const cell = cells.get(key)
    if (cell === undefined) cells.set(key, { predicted, truth, count: 1 })
    else cell.count++
  }
  return [...cells.values()]
}

function majorities(cells: readonly Cell[]): Map<string, number> {
  const best = new Map<string, number>()
  for (const { predicted, count } of cells) best.set(predicted, Math.max(best.get(predicted) ?? 0, count))
  return best
}

function pairScores(
  cells: readonly Cell[],
  predicted: ReadonlyMap<string, number>,
  truth: ReadonlyMap<string, number>,
): { precision: number; recall: number } {
  const pairs = (n: number) => (n * (n - 1)) / 2
  const both = sum(cells, (cell) => pairs(cell.count))
  const ratio = (of: ReadonlyMap<string, number>) => {
    const all = sum([...of.values()], pairs)
    return all === 0 ? 1 : both / all
  }
  return { precision: ratio(predicted), recall: ratio(truth) }
}

function harmonic(a: number, b: number): number {
  return a + b === 0 ? 0 : (2 * a * b) / (a + b)
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0)
}
