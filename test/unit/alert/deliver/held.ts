/** A promise in the test's hand (Node.js 20 has no Promise.withResolvers). */
export interface Held {
  readonly promise: Promise<void>
  resolve(): void
  reject(error: Error): void
}

export function held(): Held {
  let hands: Pick<Held, 'resolve' | 'reject'> = { resolve: () => {}, reject: () => {} }
  const promise = new Promise<void>((resolve, reject) => (hands = { resolve, reject }))
  return { promise, ...hands }
}
