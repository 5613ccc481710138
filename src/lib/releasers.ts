/**
 * Whoever opens registers its release; release runs in reverse order of opening, goes on past errors, and reports them all. If opening fails half
 * way, what was opened is released before the error is thrown on.
 */
export type Release = () => Promise<void>
export type OnRelease = (release: Release) => void

export async function withReleasers<T>(open: (onRelease: OnRelease) => Promise<(release: Release) => T>): Promise<T> {
  const releases: Release[] = []
  let released: Promise<void> | null = null
  const release = (): Promise<void> => (released ??= releaseAll(releases))
  try {
    const build = await open((one) => void releases.push(one))
    return build(release)
  } catch (error) {
    await release().catch(() => {}) // the first error counts
    throw error
  }
}

async function releaseAll(releases: readonly Release[]): Promise<void> {
  const errors: unknown[] = []
  for (const release of releases.toReversed()) await release().catch((error: unknown) => errors.push(error))
  if (errors.length > 0)
    throw new AggregateError(
      errors,
      `${errors.length} of ${releases.length} parts did not stop as they should: ${errors.map(String).join('; ')}`,
    )
}
