/**
 * The JSON objects and lists that were open where their record was cut: what they lack is lost, and what stands before them is whole. A mark beside the
 * parsed value, which looks like any other. Set once, right after parsing, from the text alone: same text, same marks.
 */
const open = new WeakSet<object>()

/** Marks the outermost `levels` values on the way to the last one. */
export function markOpen(value: unknown, levels: number): void {
  let at = value
  for (let left = levels; left > 0 && typeof at === 'object' && at !== null; left--) {
    open.add(at)
    if (left > 1) at = lastOf(at)
  }
}

export function isOpen(value: unknown): boolean {
  return typeof value === 'object' && value !== null && open.has(value)
}

function lastOf(value: object): unknown {
  return Object.values(value).at(-1)
}
