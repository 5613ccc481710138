/**
 * What a pattern may cost, held against a backtracking matcher that counts its comparisons. The matcher tries in the order in which the language
 * says that an engine tries; that it is a true one is shown by its matches, which are those of the engine.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { faultOfPattern, patternCost } from '../../src/decode/redact-pattern.ts'

type Node =
  | { readonly kind: 'chars'; readonly atom: string; readonly min: number; readonly max: number; readonly isLazy: boolean }
  | { readonly kind: 'assertion'; readonly sign: string }
  | { readonly kind: 'group'; readonly alternatives: readonly Node[][]; readonly isOptional: boolean }

interface Run {
  readonly text: string
  comparisons: number
}

type Next = (at: number) => number | null

const atom = fc.constantFrom('a', 'b', '1', '-', '[ab]', '[^a]', '\\d', '\\w', '.', '\\-')
const bounds = fc.oneof(
  { weight: 6, arbitrary: fc.constant([1, 1] as const) },
  {
    weight: 2,
    arbitrary: fc.constantFrom([0, 1] as const, [2, 2] as const, [0, 5] as const, [1, 4] as const, [3, 9] as const, [0, 30] as const),
  },
  { weight: 1, arbitrary: fc.constantFrom([0, Infinity] as const, [1, Infinity] as const, [3, Infinity] as const) },
)
const chars: fc.Arbitrary<Node> = fc
  .record({ atom, bounds, isLazy: fc.boolean() })
  .map(({ atom: one, bounds: [min, max], isLazy }) => ({ kind: 'chars', atom: one, min, max, isLazy }))
const assertion: fc.Arbitrary<Node> = fc.constantFrom('\\b', '\\B', '^', '$').map((sign) => ({ kind: 'assertion', sign }))
const { sequence } = fc.letrec<{ node: Node; sequence: Node[] }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 2, depthIdentifier: 'groups' },
    { weight: 8, arbitrary: chars },
    { weight: 1, arbitrary: assertion },
    {
      weight: 2,
      arbitrary: fc
        .record({ alternatives: fc.array(tie('sequence'), { minLength: 1, maxLength: 3 }), isOptional: fc.boolean() })
        .map((group): Node => ({ kind: 'group', ...group })),
    },
  ),
  sequence: fc.array(tie('node'), { minLength: 1, maxLength: 5, depthIdentifier: 'groups' }),
}))
const alternatives = fc.array(sequence, { minLength: 1, maxLength: 2 })
/** Full of beginnings that come to nothing. */
const text = fc.oneof(
  fc.array(fc.constantFrom('a', 'b', '1', '-', ' '), { maxLength: 40 }).map((letters) => letters.join('')),
  fc
    .tuple(fc.constantFrom('a', 'b', '1', 'ab', 'a1', 'a-'), fc.integer({ min: 1, max: 60 }), fc.constantFrom('', '-', 'a', '1'))
    .map(([unit, times, end]) => unit.repeat(times) + end),
)

function sourceOf(all: readonly Node[][]): string {
  return all.map((nodes) => nodes.map(sourceOfNode).join('')).join('|')
}

function sourceOfNode(node: Node): string {
  if (node.kind === 'assertion') return node.sign
  if (node.kind === 'group') return `(?:${sourceOf(node.alternatives)})${node.isOptional ? '?' : ''}`
  const { atom: one, min, max, isLazy } = node
  if (min === 1 && max === 1) return one
  return `${one}{${min},${max === Infinity ? '' : max}}${isLazy ? '?' : ''}`
}

function match(all: readonly Node[][], run: Run, at: number, next: Next): number | null {
  for (const nodes of all) {
    const end = matchNodes(nodes, run, at, next)
    if (end !== null) return end
  }
  return null
}

function matchNodes([node, ...rest]: readonly Node[], run: Run, at: number, next: Next): number | null {
  if (node === undefined) return next(at)
  const goOn: Next = (end) => matchNodes(rest, run, end, next)
  if (node.kind === 'assertion') return holds(node.sign, run.text, at) ? goOn(at) : null
  if (node.kind === 'chars') return matchChars(node, run, at, goOn)
  if (!node.isOptional) return match(node.alternatives, run, at, goOn)
  return match(node.alternatives, run, at, (end) => (end === at ? null : goOn(end))) ?? goOn(at) // an option that takes nothing is not taken
}

function matchChars({ atom: one, min, max, isLazy }: Node & { kind: 'chars' }, run: Run, at: number, goOn: Next): number | null {
  const isOne = new RegExp(`^${one}$`, 'i')
  const takes = (end: number): boolean => {
    if (end >= run.text.length) return false
    run.comparisons++
    return isOne.test(run.text[end]!)
  }
  let end = at
  while (end - at < min) if (!takes(end++)) return null
  if (!isLazy) while (end - at < max && takes(end)) end++
  if (!isLazy) {
    for (; end - at >= min; end--) {
      const found = goOn(end)
      if (found !== null) return found
    }
    return null
  }
  for (; ; end++) {
    const found = goOn(end)
    if (found !== null || end - at >= max || !takes(end)) return found
  }
}

function holds(sign: string, whole: string, at: number): boolean {
  const regex = new RegExp(sign, 'y')
  regex.lastIndex = at
  return regex.test(whole)
}

describe('the bound of a pattern', () => {
  it('is never passed, wherever in whatever text the pattern is tried', () => {
    let tried = 0
    fc.assert(
      fc.property(alternatives, text, (all, whole) => {
        const source = sourceOf(all)
        const cost = patternCost(source)
        fc.pre(!('refused' in cost))
        if ('refused' in cost) return
        tried++
        const engine = new RegExp(source, 'iy')
        for (let at = 0; at <= whole.length; at++) {
          const run = { text: whole, comparisons: 0 }
          const end = match(all, run, at, (to) => to)
          engine.lastIndex = at
          expect(end).toBe(engine.test(whole) ? engine.lastIndex : null)
          expect(run.comparisons).toBeLessThanOrEqual(cost.comparisons + (end === null ? 0 : end - at))
        }
      }),
      { numRuns: 1_500 },
    )
    expect(tried).toBeGreaterThan(500)
  })

  it('makes a search through a whole text cost no more than so much for each of its characters', () => {
    fc.assert(
      fc.property(alternatives, text, fc.integer({ min: 1, max: 8 }), (all, part, times) => {
        const source = sourceOf(all)
        const cost = patternCost(source)
        fc.pre(!('refused' in cost) && faultOfPattern(source) === null)
        if ('refused' in cost) return
        const run = { text: part.repeat(times), comparisons: 0 }
        for (let at = 0; at <= run.text.length;) at = match(all, run, at, (to) => (to === at ? null : to)) ?? at + 1
        expect(run.comparisons).toBeLessThanOrEqual((cost.comparisons + 1) * (run.text.length + 1))
      }),
      { numRuns: 1_000 },
    )
  })
})
