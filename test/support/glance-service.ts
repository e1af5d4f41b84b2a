import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { projectRoot } from './project.js'
import { asAdmin, type Test } from './rpc-fixture.js'

const program = join(projectRoot, 'dist', 'glance', 'lib', 'cli', 'main.js')

/** How the service ended, and what it wrote. */
export interface ServiceEnd {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The service as a process of its own. */
export class GlanceService {
  readonly process: ChildProcess
  readonly url: string

  constructor(process: ChildProcess, url: string) {
    this.process = process
    this.url = url
  }

  /** What one command answers; rejects when no answer comes. */
  async call(command: string, kwargs: Record<string, unknown> = {}): Promise<unknown> {
    const answer = await fetch(`${this.url}/rpc`, {
      method: 'POST',
      body: JSON.stringify([{ command, kwargs }]),
      headers: asAdmin,
    })
    if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`)
    return ((await answer.json()) as unknown[])[0]
  }

  /** Sends a signal and waits for the end of the process. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const { process } = this
    if (process.exitCode === null && process.signalCode === null) {
      const ended = once(process, 'close')
      process.kill(signal)
      await ended
    }
    return process.exitCode
  }
}

function spawnService(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Starts the service on a free port and waits until it is ready. It ends with the test. */
export async function startGlance(t: Test, ...args: string[]): Promise<GlanceService> {
  const process = spawnService(['--listen', '127.0.0.1:0', '--log-level', 'error', ...args])
  process.stderr?.pipe(globalThis.process.stderr)
  for await (const line of createInterface(process.stdout as NodeJS.ReadableStream)) {
    const url = /^listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec(line)?.[1]
    if (url === undefined) throw new Error(`the service says: ${line}`)
    const service = new GlanceService(process, url)
    t.teardown(() => service.end('SIGKILL'))
    return service
  }
  throw new Error('the service ended before it was ready')
}

/** Runs the program to its end: with options that it refuses. */
export async function runGlance(...args: string[]): Promise<ServiceEnd> {
  const process = spawnService(args)
  const ended = once(process, 'close')
  const [stdout, stderr] = await Promise.all([
    text(process.stdout as NodeJS.ReadableStream),
    text(process.stderr as NodeJS.ReadableStream),
  ])
  await ended
  return { exitCode: process.exitCode, stdout, stderr }
}
