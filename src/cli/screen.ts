/**
 * Lines for people on standard error. On a terminal the last one is the status: it is written over, and what else is written goes above it. Elsewhere
 * each new status is a line. Whoever writes there meanwhile writes through here, our own log too.
 */
const CLEAR_TO_END_OF_LINE = '\u001b[K'

export interface ScreenOutput {
  readonly isTTY?: boolean
  write(text: string): unknown
}

export class Screen {
  readonly #output: ScreenOutput
  #status: string | null = null

  constructor(output: ScreenOutput) {
    this.#output = output
  }

  get isTerminal(): boolean {
    return this.#output.isTTY === true
  }

  /** Whole lines. */
  write(text: string): void {
    const status = this.isTerminal ? this.#status : null
    this.#output.write(status === null ? text : `\r${CLEAR_TO_END_OF_LINE}${text}${status}`)
  }

  /** Nothing is written where it is as it was. */
  status(text: string): void {
    if (text === this.#status) return
    this.#status = text
    this.#output.write(this.isTerminal ? `\r${text}${CLEAR_TO_END_OF_LINE}` : `${text}\n`)
  }

  /** The status stays as it is; what is written from now on goes below it. */
  release(): void {
    if (this.isTerminal && this.#status !== null) this.#output.write('\n')
    this.#status = null
  }
}
