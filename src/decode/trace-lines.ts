/**
 * In: a printed trace that may have come as one line. Out: the same in lines, where its frames show what stands for the line breaks:
 *
 *   a.E: x\n\tat a.B.c(B.java:1)\n         escaped once too often, or a layout's separator
 *   a.E: x|	at a.B.c(B.java:1)|            `%ex{separator(|)}`
 *
 * Then all of them are line breaks, those in the message too. Pure; linear in the text.
 */

/** As of a trace that has its lines. */
const IN_LINES = /\n\s{0,8}at [\w$.<>/-]+\(/
const ESCAPED = /\\n(?:\\t|[\t ]{1,8})at [\w$.]/
const BAR = /( ?\|(?: (?=\t))?)[\t ]{0,8}at [\w$.<>/-]+\(/
/** A frame behind any of these. */
export const FRAME = /(?:^|\n|\\n|\|)(?:\\t|\s){0,8}at [\w$.<>/-]+\(/

export function withLines(trace: string): string {
  if (IN_LINES.test(trace)) return trace
  if (ESCAPED.test(trace)) return trace.replaceAll('\\r\\n', '\n').replaceAll('\\n', '\n').replaceAll('\\t', '\t')
  const bar = BAR.exec(trace)?.[1]
  return bar === undefined ? trace : trace.replaceAll(bar, '\n')
}
