/** The page: log messages are hostile input, so nothing on it may turn text into markup, and nothing may come from elsewhere. */
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { apiWith } from '../api/fakes.ts'

const UI = fileURLToPath(new URL('../../../src/ui/', import.meta.url))

async function sources(extension: string): Promise<[name: string, text: string][]> {
  const names = (await readdir(UI)).filter((name) => name.endsWith(extension))
  return Promise.all(names.map(async (name) => [name, await readFile(path.join(UI, name), 'utf8')] as [string, string])) // a pair, not an array of either
}

describe('hostile text', () => {
  it('cannot become markup or code: no script of ours uses a way to do that', async () => {
    const scripts = await sources('.js')
    expect(scripts.length).toBeGreaterThan(5)
    const ways =
      /innerHTML|outerHTML|insertAdjacentHTML|setHTML|document\.write|createContextualFragment|DOMParser|srcdoc|\beval\b|new Function|javascript:|setAttribute\(['"`]on|\.on[a-z]+ ?=/
    expect(scripts.filter(([, text]) => ways.test(text)).map(([name]) => name)).toEqual([])
  })

  it('finds no inline script, style or handler that a policy would have to allow', async () => {
    const html = (await sources('.html')).map(([, text]) => text).join('\n')
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:/i)
  })

  it('would be stopped by the policy: scripts and styles from our own files only, no frames', async () => {
    const app = await apiWith()
    const response = await app.inject('/')
    const policy = String(response.headers['content-security-policy'])
    const directives = new Map(policy.split(';').map((directive) => [directive.split(' ')[0], directive.split(' ').slice(1).join(' ')]))
    expect(directives.get('default-src')).toBe("'none'")
    expect(directives.get('script-src')).toBe("'self'")
    expect(directives.get('style-src')).toBe("'self'")
    expect(directives.get('connect-src')).toBe("'self'")
    expect(directives.get('frame-ancestors')).toBe("'none'")
    expect(policy).not.toMatch(/unsafe|upgrade-insecure|https?:|\*/)
    expect(response.headers['x-content-type-options']).toBe('nosniff')
  })
})

describe('the page', () => {
  it.each([
    ['/', 'ui.js'],
    ['/patterns.html', 'patterns.js'],
    ['/alerts.html', 'alerts.js'],
  ])('is at %s, with the files it names', async (at, script) => {
    const app = await apiWith()
    const page = await app.inject(at)
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    const named = [...page.body.matchAll(/(?:src|href)="([^"]+\.(?:js|css|svg))"/g)].map(([, file = '']) => file)
    expect(named).toContain(script)
    for (const file of named.filter((name) => !name.startsWith('vendor/')))
      expect([file, (await app.inject(`/${file}`)).statusCode]).toEqual([file, 200])
  })

  it('names chart files that the library has, and the build copies', async () => {
    const html = await readFile(path.join(UI, 'index.html'), 'utf8')
    const copied = await readFile(fileURLToPath(new URL('../../../tools/copy-assets.ts', import.meta.url)), 'utf8')
    const library = path.dirname(createRequire(import.meta.url).resolve('uplot/dist/uPlot.min.css'))
    const vendored = [...html.matchAll(/"vendor\/([^"]+)"/g)].map(([, file = '']) => file)
    expect(vendored).toHaveLength(2)
    for (const file of vendored) {
      expect(await readdir(library)).toContain(file)
      expect(copied).toContain(`'${file}'`)
    }
  })

  it('asks no other host', async () => {
    const texts = [...(await sources('.js')), ...(await sources('.html')), ...(await sources('.css'))]
    const outside = texts.flatMap(([name, text]) => [...text.matchAll(/https?:\/\/[^\s'"`)]+/g)].map(([url]) => [name, url]))
    expect(outside).toEqual([['dom.js', 'http://www.w3.org/2000/svg']]) // a name, not an address that is asked
  })

  it.each([
    ['index.html', 'ui.js', 10],
    ['patterns.html', 'patterns.js', 4],
  ])('%s has an element for every id that %s looks for', async (page, script, atLeast) => {
    const html = await readFile(path.join(UI, page), 'utf8')
    const wanted = [...(await readFile(path.join(UI, script), 'utf8')).matchAll(/byId\('([^']+)'\)/g)].map(([, id]) => id)
    expect(wanted.length).toBeGreaterThanOrEqual(atLeast)
    expect(wanted.filter((id) => !html.includes(`id="${id}"`))).toEqual([])
  })

  it('can be used without seeing it: language, captions, scopes, labels, live regions', async () => {
    const html = (await sources('.html')).map(([, text]) => text).join('\n')
    const tables = await readFile(path.join(UI, 'tables.js'), 'utf8')
    expect(html.match(/<html lang="en">/g)).toHaveLength(3)
    expect(html).toMatch(/role="alert"/)
    expect(html).toMatch(/role="status"/)
    expect(html).not.toMatch(/id="updated"[^>]*role=/) // what changes at each refresh is not read out
    for (const [box] of html.matchAll(/<div class="scroll[^>]*>/g))
      expect(box).toMatch(/role="region" aria-label(?:ledby)?="[^"]+" tabindex="0"/)
    for (const [head] of html.matchAll(/<th\b[^>]*>/g)) expect(head).toContain('scope="col"')
    expect(tables.match(/el\('caption'/g)).toHaveLength(2)
    expect(tables.match(/scope: 'row'/g)).toHaveLength(2)
  })
})

it('what is in the way is said in one place, in a header that stays in sight', async () => {
  const saying = (await sources('.js')).filter(([, text]) => text.includes("byId('problem')"))
  expect(saying.map(([name]) => name)).toEqual(['standing.js'])
  for (const [, text] of await sources('.html')) expect(text.indexOf('id="problem"')).toBeLessThan(text.indexOf('</header>'))
})

it('a name that is read out holds the words that are seen: a range is called by its button', async () => {
  const script = await readFile(path.join(UI, 'ui.js'), 'utf8')
  expect(script).toContain("'aria-label': `${name}, the last ${label}`")
})

it("the page's scripts pass the type check", async () => {
  const tsc = createRequire(import.meta.url)
    .resolve('typescript/package.json')
    .replace(/package\.json$/, 'bin/tsc')
  const checked = promisify(execFile)(process.execPath, [tsc, '-p', UI])
  await expect(checked).resolves.toMatchObject({ stdout: '' })
}, 60_000)
