/** Options that several commands take, and how their words are read. */
import { InvalidArgumentError, Option } from 'commander'
import { BRANCHES, type BranchName } from '../store/position.ts'

export const branchOption = (): Option => new Option('--branch <branch>', 'whose').choices([...BRANCHES, 'both']).makeOptionMandatory()

export const clusterOption = (): Option =>
  new Option('--cluster <name>', 'of several Kafka clusters, this one; the one of the `kafka` section is called first')

export function branchesOf(branch: BranchName | 'both'): readonly BranchName[] {
  return branch === 'both' ? BRANCHES : [branch]
}

export function parseNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.')
  return Number(text)
}
