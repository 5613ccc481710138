/** All dead letters of a cluster's topic, for tests: read at once, newest first. The program itself keeps an index of them. */
import type { Neighbours } from '../../src/cluster/neighbours.ts'
import { parseLetter } from '../../src/kafka/letters.ts'
import { readTopic } from '../../src/kafka/read-topic.ts'
import type { DeadLetter } from '../../src/store/dead-letter.ts'

export async function lettersIn({ kafka, admin, names }: Neighbours): Promise<DeadLetter[]> {
  const topic = await readTopic(kafka, admin, names.letterTopic)
  const letters = [...topic.values()].map(parseLetter).filter((letter): letter is DeadLetter => letter !== null)
  return letters.toSorted((a, b) => b.timeMs - a.timeMs || (a.id < b.id ? -1 : 1))
}
