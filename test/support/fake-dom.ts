/** As much of a document as the page's scripts make elements with: a tree of tags, attributes and text. Nothing is laid out, nothing is parsed. */

export class FakeElement {
  readonly tag: string
  readonly attributes = new Map<string, string>()
  readonly #listeners = new Map<string, () => unknown>()
  #children: (FakeElement | string)[] = []

  constructor(tag: string) {
    this.tag = tag
  }

  get id(): string {
    return this.attributes.get('id') ?? ''
  }

  set id(id: string) {
    this.attributes.set('id', id)
  }

  get textContent(): string {
    return this.#children.map((child) => (typeof child === 'string' ? child : child.textContent)).join('')
  }

  set textContent(text: string) {
    this.#children = [text]
  }

  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value)
  }

  append(...children: (FakeElement | string)[]): void {
    this.#children.push(...children)
  }

  replaceChildren(...children: (FakeElement | string)[]): void {
    this.#children = children
  }

  addEventListener(name: string, listener: () => unknown): void {
    this.#listeners.set(name, listener)
  }

  /** This one and all below it, in the order of the page. */
  all(): FakeElement[] {
    return [this, ...this.#children.flatMap((child) => (typeof child === 'string' ? [] : child.all()))]
  }

  /** What a screen reader says of it: the texts that `aria-labelledby` points to, within `page`. */
  nameIn(page: FakeElement): string {
    const ids = this.attributes.get('aria-labelledby')?.split(' ') ?? []
    const texts = ids.map((id) => page.all().find((element) => element.id === id)?.textContent ?? '?')
    return ids.length === 0 ? this.textContent : texts.join(' ')
  }
}

export function fakeDocument(): object {
  const make = (tag: string): FakeElement => new FakeElement(tag)
  return { createElement: make, createElementNS: (_namespace: string, tag: string) => make(tag) }
}
