/** Options that several commands take, and how their words are read. */
import { InvalidArgumentError, Option } from 'commander'
import { BRANCHES, type BranchName } from '../store/position.ts'

export const branchOption = (): Option => new Option('--branch <branch>', 'whose').choices([...BRANCHES, 'both']).makeOptionMandatory()

export const clusterOption = (): Option =>
  new Option('--cluster <name>', 'of several Kafka clusters, this one; the one of the `kafka` section is called first')

export function branchesOf(branch: BranchName | 'both'): readonly BranchName[] {
  return branch === 'both' ? BRANCHES : [branch]
}

/** Reads a whole number of at least `min`, and at most `max` where there is one. */
export function wholeNumber(min = 0, max: number | null = null): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d{1,15}$/.test(text) && value >= min && (max === null || value <= max)) return value
    throw new InvalidArgumentError(`Expected a whole number${max === null ? ` of ${min} or above` : ` from ${min} to ${max}`}.`)
  }
}
