/** A question to Elasticsearch: whatever goes wrong with it becomes an error of ours, with Elasticsearch's words. */
import { messageOf, TracefoldError } from '../../errors.ts'

export async function asked<T>(code: 'neighbour_away' | 'not_available', ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (cause) {
    throw new TracefoldError(code, `Elasticsearch does not answer as expected: ${messageOf(cause)}`, { cause })
  }
}
