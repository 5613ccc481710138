/**
 * In: the packages that the operator calls his own. Out: whose code a class is: own, a library's, or the platform's.
 *
 * Order: the operator's packages, then the lists of packages.ts, then own: a package that nobody knows is the job's.
 */
import { shortForms } from './abbreviated.ts'
import { LIBRARIES, PLATFORM, SHORT_PLATFORM } from './packages.ts'

/** own: the job's; library: of a known library; platform: of the JDK or a language, where everybody's errors surface. */
export type Owner = 'own' | 'library' | 'platform'

/** Groovy's call machinery, wherever it is packaged. */
const GROOVY_CALLS = /\b(?:IndyInterface|ScriptBytecodeAdapter|CallSite)\b/

/** Helpers that only throw: the site is whoever called them. */
const ONLY_THROW =
  /(?:^|[.$])(?:\w{0,40}(?:Asserts?|Assertions|Preconditions)|(?:Param|Arg|Argument|Null)?Checks?|Validate)#|#(?:fail|check(?:NotNull|Argument|State|ElementIndex|PositionIndex)|require(?:NonNull|NotNull|NonEmpty)|nullNotPermitted|throwIf\w{0,60})$/

/** Of PySpark, whose frames name files: what is installed, and Python's own. */
const PYTHON_LIBRARY = /[\\/](?:site-packages|dist-packages|pyspark|py4j|lib[\\/]python[\d.]+)[\\/]/

export interface Ownership {
  /** Of a class name, normalised or not. */
  ownerOf(className: string): Owner
}

interface Packages {
  readonly names: ReadonlySet<string>
  /** Dotted parts of the longest name: more of a class name need not be looked at, however long it is. */
  readonly depth: number
}

export function createOwnership(ownPackages: readonly string[]): Ownership {
  const own = packagesOf([...ownPackages, ...ownPackages.flatMap((name) => shortForms(name, name.includes('.')))])
  return {
    ownerOf: (className) => {
      if (covers(own, className)) return 'own'
      if (covers(platform, className) || GROOVY_CALLS.test(className)) return 'platform'
      return covers(libraries, className) || (className.includes('.py') && PYTHON_LIBRARY.test(className)) ? 'library' : 'own'
    },
  }
}

/** `normalFrame` as `class#method`. */
export function onlyThrows(normalFrame: string): boolean {
  return ONLY_THROW.test(normalFrame)
}

/** Logback shortens packages to their letters: `o.a` is Apache, but `c.a` is half of all companies. */
const SURE = /^(?:org|java|javax|jakarta|jdk)\./

const platform = packagesOf([...PLATFORM, ...[...PLATFORM, ...SHORT_PLATFORM].flatMap(sureForms)])
const libraries = packagesOf([...LIBRARIES, ...LIBRARIES.flatMap(sureForms)])

function sureForms(name: string): string[] {
  return shortForms(name, SURE.test(name))
}

function packagesOf(names: readonly string[]): Packages {
  return { names: new Set(names), depth: Math.max(0, ...names.map((name) => name.split('.').length)) }
}

function covers({ names, depth }: Packages, className: string): boolean {
  let end = -1
  for (let parts = 0; parts < depth; parts++) {
    end = className.indexOf('.', end + 1)
    if (end < 0) return names.has(className) || names.has(className.split('$', 1)[0]!) // clojure.core$eval
    if (names.has(className.slice(0, end))) return true
  }
  return false
}
