import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { GlanceDatabase } from '../database/glance-database.js'

/** What came of a command. */
export type Outcome = 'done' | 'refused' | 'failed'

/** What the service counts, in the text format of Prometheus. */
export class RpcMetrics {
  readonly #registry = new Registry()
  readonly #commands: Counter<'command' | 'outcome'>
  readonly #seconds: Histogram<'command'>

  constructor(glance: GlanceDatabase) {
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry })
    this.#commands = new Counter({
      name: 'glance_rpc_commands_total',
      help: 'Commands by what came of them: done, refused by a rule of Glance, or failed.',
      labelNames: ['command', 'outcome'],
      registers,
    })
    this.#seconds = new Histogram({
      name: 'glance_rpc_command_seconds',
      help: 'How long commands took.',
      labelNames: ['command'],
      buckets: [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
      registers,
    })
    const gauge = (name: string, help: string, read: () => number) =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read())
        },
      })
    for (const name of ['commits', 'conflicts', 'retries', 'sessions'] as const) {
      const help = `What rome.stats() says of ${name} since the store was opened.`
      gauge(`rome_${name}`, help, () => glance.rome.stats()[name])
    }
    for (const name of ['bytesMax', 'bytes', 'hits', 'misses', 'evictions'] as const) {
      const help = `What rome.stats().cache says of ${name}; zero without a cache.`
      gauge(
        `rome_cache_${name === 'bytesMax' ? 'bytes_max' : name}`,
        help,
        () => glance.rome.stats().cache?.[name] ?? 0,
      )
    }
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  observe(command: string, outcome: Outcome, elapsedMs: number): void {
    this.#commands.inc({ command, outcome })
    this.#seconds.observe({ command }, elapsedMs / 1000)
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }
}
