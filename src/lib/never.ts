/** The signal of work that nobody calls off. */
export const NEVER = new AbortController().signal
