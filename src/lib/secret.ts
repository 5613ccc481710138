/** A value that must never be printed: every way of printing an object shows `[secret]`. Only `reveal()` gives it, at the place of use. */
import { inspect } from 'node:util'

const SHOWN = '[secret]'

export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return SHOWN
  }

  toJSON(): string {
    return SHOWN
  }

  [inspect.custom](): string {
    return SHOWN
  }
}
