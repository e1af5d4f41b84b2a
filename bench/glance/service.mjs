// The service that `npm run glance` starts, as a process of its own on one core.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../dist/glance/lib/cli/main.js', import.meta.url))

/** Whether processes can be kept on cores here, and there is one for the service and one for who asks it. */
export const canPin = availableParallelism() > 1 && hasTaskset()

export class Service {
  #child
  #url

  /** Starts it by a Node and waits until it listens. `profile` is a directory where a profile is left at its end. */
  static async start({ node, store, cacheBytes, profile }) {
    const service = new Service()
    const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
    const command = [
      ...(canPin ? ['taskset', '--cpu-list', '0'] : []),
      ...[node, ...profiling, program, '--listen', '127.0.0.1:0', '--log-level', 'warn'],
      ...['--engine', `level:${store}`, '--cache-bytes', String(cacheBytes)],
    ]
    service.#child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] })
    for await (const line of createInterface(service.#child.stdout)) {
      service.#url = /^listening on (\S+)$/.exec(line)?.[1]
      if (service.#url !== undefined) return service
    }
    throw new Error('the service ended before it listened')
  }

  get url() {
    return this.#url
  }

  /** What the service itself says: `process_cpu_seconds_total` and the like. */
  async metric(name) {
    const text = await (await fetch(`${this.#url}/metrics`)).text()
    const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]
    if (value === undefined) throw new Error(`the service does not tell of ${name}`)
    return Number(value)
  }

  async stop() {
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await ended
  }
}

/** The version of a Node by what it says itself. */
export function versionOfNode(path) {
  return execFileSync(path, ['--version'], { encoding: 'utf8' }).trim()
}

/** Keeps this process, all its threads included, away from the core of the service. */
export function leaveCoreToService() {
  if (!canPin) return
  const others = `1-${availableParallelism() - 1}`
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', others, String(process.pid)], { stdio: 'ignore' })
}

function hasTaskset() {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
