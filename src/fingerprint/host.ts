/**
 * Which word in a message is a host, or a package with a class: it varies as a number does. A host without a dot is told by its port, if servers listen
 * there by default, or by the words before it; `order:1000` and `memory:1024` are labels with a number. Pure.
 */

/** 1433 SQL Server, 1521 Oracle, 2181 ZooKeeper, 3306 MySQL, 5432 PostgreSQL, 6123 Flink, 6379 Redis, 7077 Spark, 8020 HDFS, 8032 YARN, 9083 Hive, 9092 Kafka, 27017 MongoDB, ... */
const KNOWN_PORT =
  /^:(?:80|443|1433|1521|1883|2181|2379|2888|3306|3888|431[78]|5044|5432|5601|567[12]|6123|6379|6380|7077|7337|8020|803[0-3]|8042|808\d|8443|8848|888[18]|9000|9042|9083|909\d|9200|9300|9870|11211|15672|26379|2701[789]|50010|50070)(?!\w)/
const PORT = /^:(?:80|443|\d{4,5})(?!\w)/
const BEFORE_HOST = /\b(?:to|from|at|hosts?|server|broker|node|address|endpoint|bootstrap|with|via|proxy|upstream)[:=]? ?$/i
const BEFORE_CHARS = 12
const LABELS = new Set(
  'attempt batch byte char code col column count epoch id index item key length level line memory offset order page pos position record row size step time version'.split(
    ' ',
  ),
)

/** An address, or at least three dotted parts, or fewer and a port. `at` and `end`: where the word begins, and where its token ends. */
export function isHost(word: string, line: string, at: number, end: number): boolean {
  if (/[^@]@[^@]/.test(word)) return true
  const dots = word.split('.').length - 1
  if (dots === 0) return isBareHost(word, line, at, end)
  if (word.includes('..')) return false
  return dots > 1 || (line[end] === ':' && /\d/.test(line[end + 1] ?? ''))
}

function isBareHost(word: string, line: string, at: number, end: number): boolean {
  const port = line.slice(end, end + 7)
  if (!PORT.test(port) || !/^[a-z][a-z-]*$/.test(word) || LABELS.has(word)) return false
  return KNOWN_PORT.test(port) || BEFORE_HOST.test(line.slice(Math.max(0, at - BEFORE_CHARS), at))
}
