import { describe, expect, it } from 'vitest'
import { readCompose, readDockerfile, readText } from './compose-file.ts'

const instructions = readDockerfile()
const all = (wanted: string) => instructions.filter(([name]) => name === wanted).map(([, text]) => text)

describe('the Dockerfile', () => {
  it('builds on one exact version of Node.js', () => {
    const images = all('FROM').map((text) => text.split(' ')[0])
    expect(images.length).toBeGreaterThan(1)
    for (const image of images) expect(image).toMatch(/^node:\d+\.\d+\.\d+-bookworm-slim$/)
    expect(new Set(images).size).toBe(1)
  })

  it('ends as a user that is not root, given by number', () => {
    const user = all('USER').at(-1) ?? 'root'
    expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/)
    const names = instructions.map(([name]) => name)
    expect(names.lastIndexOf('USER')).toBeGreaterThan(names.lastIndexOf('RUN'))
    expect(names.lastIndexOf('USER')).toBeGreaterThan(names.lastIndexOf('FROM'))
  })

  it('starts the program that package.json calls tracefold', () => {
    const { bin } = JSON.parse(readText('package.json'))
    expect(JSON.parse(all('ENTRYPOINT').join())).toEqual(['node', bin.tracefold])
    expect(JSON.parse(all('CMD').join())).toEqual(['run'])
  })

  it('asks /healthz for its health, with nothing but Node.js', () => {
    const [check = ''] = all('HEALTHCHECK')
    const command: unknown = JSON.parse(check.slice(check.indexOf('CMD') + 3))
    expect(command).toEqual(['node', '-e', expect.stringContaining('/healthz')])
  })

  it('keeps the embedded database in a volume, and opens the port of the compose file', () => {
    expect(all('VOLUME')).toEqual(['/data'])
    expect(all('ENV').join()).toContain('TRACEFOLD_EMBEDDED_PATH=/data')
    expect(readCompose().services['tracefold']?.ports).toEqual([`127.0.0.1:${all('EXPOSE').join()}:${all('EXPOSE').join()}`])
  })

  it('finds all that it copies: what .dockerignore lets through', () => {
    const let_through = readText('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1))
    const sources = all('COPY')
      .filter((text) => text.startsWith('--from=build'))
      .flatMap((text) => text.split(' ').slice(1, -1))
    const built = ['node_modules', 'dist/src']
    const copied = sources.map((path) => path.replace('/app/', '')).filter((path) => !built.includes(path))
    for (const path of copied) expect(let_through).toContain(path)
    for (const path of ['package-lock.json', 'tsconfig.json', 'src', 'tools']) expect(let_through).toContain(path)
  })

  it('ships what the npm package ships', () => {
    const { files } = JSON.parse(readText('package.json'))
    for (const path of files) expect(all('COPY').join('\n')).toContain(`/app/${path} `)
  })
})
