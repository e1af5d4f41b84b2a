// A peer as its process is seen from the one that measures.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('peer-process.mjs', import.meta.url))

export class RunningPeer {
  #child
  #output = ''

  /** `node` is the program that runs it, `directory` where its store lies. */
  constructor(name, { node, directory, cacheMiB, execArgv = [] }) {
    this.name = name
    this.options = { node, directory, cacheMiB, execArgv }
  }

  /** Opens the store; throws with what the process said when it cannot. */
  async start() {
    const { node, directory, cacheMiB, execArgv } = this.options
    const env = { ...process.env, BENCH_CACHE_MIB: String(cacheMiB) }
    const child = fork(program, [this.name, directory], { execPath: node, execArgv, env, silent: true })
    this.#child = child
    child.stdout.on('data', (text) => process.stderr.write(text))
    child.stderr.on('data', (text) => {
      this.#output += text
    })
    await this.#answer()
  }

  async tell(order, details = {}) {
    this.#child.send({ order, ...details })
    const { error, result } = await this.#answer()
    if (error !== undefined) throw new Error(`${this.name} failed at ${order} ${details.workload ?? ''}: ${error}`)
    return result
  }

  /** Closes the store and waits until the process has ended, so that another may open it. */
  async close() {
    const ended = once(this.#child, 'exit')
    await this.tell('close')
    await ended
  }

  kill() {
    this.#child?.kill()
  }

  async #answer() {
    const ended = new AbortController()
    const exit = once(this.#child, 'exit', { signal: ended.signal }).then(([code]) => {
      throw new Error(`${this.name} ended with ${code}: ${reasonIn(this.#output)}`)
    })
    try {
      const [message] = await Promise.race([once(this.#child, 'message', { signal: ended.signal }), exit])
      return message
    } finally {
      ended.abort()
      exit.catch(() => {})
    }
  }
}

/** The line of an uncaught error that says what it was. */
function reasonIn(output) {
  return output.match(/^\w*Error\b.*$/m)?.[0] ?? (output.trim() || 'it said nothing')
}
