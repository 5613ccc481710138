/**
 * Rows of text in, aligned lines out. Flexible columns are cut so that lines fit the terminal. What comes from logs may hold anything:
 * control characters, which could steer a terminal, are left out. Pure.
 */

export interface Column {
  readonly heading: string
  readonly align: 'left' | 'right'
  /** Shrinks where the table is too wide. Others keep their width. */
  readonly flexible?: boolean
}

const GAP = '  '
/** A flexible column is not cut below this, however narrow the terminal. */
const MIN_FLEXIBLE = 12
/** East Asian wide and full-width characters, and emoji, take two places on a terminal. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u
const WITHOUT_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u

/** `width` null: lines are as long as they need to be. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[], width: number | null): string {
  const cells = [columns.map(({ heading }) => heading), ...rows].map((row) => row.map(printable))
  const widths = fitted(
    columns,
    columns.map((_, i) => Math.max(...cells.map((row) => displayWidth(row[i] ?? '')))),
    width,
  )
  return cells
    .map(
      (row) =>
        `${columns
          .map(({ align }, i) => padded(row[i] ?? '', widths[i] ?? 0, align))
          .join(GAP)
          .trimEnd()}\n`,
    )
    .join('')
}

/** What is too much is taken from the widest flexible column, a place at a time. */
function fitted(columns: readonly Column[], natural: readonly number[], width: number | null): number[] {
  const widths = [...natural]
  if (width === null) return widths
  const flexible = columns.flatMap((column, i) => (column.flexible === true ? [i] : []))
  let excess = widths.reduce((sum, w) => sum + w, GAP.length * (widths.length - 1)) - width
  while (excess-- > 0) {
    const widest = flexible.reduce((best, i) => ((widths[i] ?? 0) > (widths[best] ?? 0) ? i : best), flexible[0] ?? 0)
    if ((widths[widest] ?? 0) <= MIN_FLEXIBLE) break
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return widths
}

/** One line, cut where it is wider than `width`. */
export function renderLine(text: string, width: number): string {
  return shortened(printable(text), width)
}

function shortened(text: string, width: number): string {
  return displayWidth(text) <= width ? text : `${cut(text, width - 1)}…`
}

function padded(text: string, width: number, align: 'left' | 'right'): string {
  const shown = shortened(text, width)
  const padding = ' '.repeat(Math.max(0, width - displayWidth(shown)))
  return align === 'left' ? shown + padding : padding + shown
}

function cut(text: string, width: number): string {
  let shown = ''
  let left = width
  for (const character of text) {
    left -= characterWidth(character)
    if (left < 0) break
    shown += character
  }
  return shown
}

export function displayWidth(text: string): number {
  let width = 0
  for (const character of text) width += characterWidth(character)
  return width
}

function characterWidth(character: string): number {
  if (WIDE.test(character)) return 2
  return WITHOUT_WIDTH.test(character) ? 0 : 1
}

/** Also what turns the direction of writing, or breaks the line. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim()
}
