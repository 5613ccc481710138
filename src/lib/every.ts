/**
 * Work that is done now and then, at once for the first time. In: the work, and who is to be told when it fails. Out: the timer, which keeps no process alive.
 *
 * Delivery: a failure is for the next call to better. It is told once, and again only when its words change or the work has succeeded in between.
 */
import { messageOf } from '../errors.ts'
export function every(ms: number, work: () => Promise<void>, told: (message: string) => void): NodeJS.Timeout {
  let last: string | null = null
  const attempt = async (): Promise<void> => {
    try {
      await work()
      last = null
    } catch (error) {
      const message = messageOf(error)
      if (message !== last) told(message)
      last = message
    }
  }
  void attempt()
  return setInterval(() => void attempt(), ms).unref()
}
