/** All settings for people: a list, a Markdown page (docs/settings.md) and a plain table, from the schema alone. Pure. */
import { environmentText } from './environment.ts'
import { SETTINGS, type Setting } from './setting.ts'

export interface SettingDescription {
  readonly path: string
  readonly type: string
  /** As it would be written in the variable; empty for none. */
  readonly default: string
  readonly env: string
  readonly sentence: string
}

export function describeSettings(): SettingDescription[] {
  return SETTINGS.map((setting) => ({
    path: setting.name,
    type: setting.type,
    default: environmentText(setting, setting.default),
    env: setting.env,
    sentence: setting.sentence,
  }))
}

const INTRODUCTION = `# Settings

Settings come from one YAML file and from environment variables; a variable beats the file. The file is the one given by \`--config\`, else by
\`TRACEFOLD_CONFIG\`, else \`./tracefold.yaml\` if there is one. In a variable a list is written with commas, a map as JSON.
Relative paths start from the working directory.

A secret never stands in the YAML file. It comes from its environment variable, or from the file that the setting with \`File\` behind its name
points to.

\`tracefold check-config\` says what is in force, or everything that is wrong. This page is made by \`tracefold settings --markdown\`.
`

export function settingsMarkdown(): string {
  const sections = [...new Set(SETTINGS.map(sectionOf))]
  const tables = sections.map((name) => `## ${name}\n\n${markdownTable(SETTINGS.filter((setting) => sectionOf(setting) === name))}\n`)
  return [INTRODUCTION, ...tables].join('\n')
}

/** A paragraph for each setting: no terminal is wide enough for a table of sentences. */
export function settingsText(): string {
  return describeSettings()
    .map(
      ({ path, env, type, default: byDefault, sentence }) =>
        `${path}\n  ${sentence}\n  ${type}; default: ${byDefault || 'none'}\n  ${env}\n`,
    )
    .join('\n')
}

function sectionOf(setting: Setting): string {
  return setting.path.length === 1 ? 'General' : (setting.path[0] ?? '')
}

function markdownTable(settings: readonly Setting[]): string {
  const rows = settings.map((setting) => {
    const byDefault = environmentText(setting, setting.default)
    return `| \`${setting.name}\`<br>\`${setting.env}\` | ${cell(setting.type)} | ${byDefault === '' ? 'none' : `\`${byDefault}\``} | ${cell(setting.sentence)} |`
  })
  return ['| setting and variable | type | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}
