import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { projectRoot } from './project.js'

// Not bin/tsc: without an extension it cannot be loaded in a process that tap has hooked into.
const compiler = join(projectRoot, 'node_modules', 'typescript', 'lib', 'tsc.js')

/** Compiles a project and gives the compiler's messages, one each, none when all is well. */
export async function compilerMessages(tsconfig: string): Promise<string[]> {
  const { error, stdout, stderr } = await compile(tsconfig)
  const messages = stdout.split(/\n(?=\S)/).filter((message) => message.trim() !== '')
  // A compiler that failed without a message did not compile.
  if (error !== null && messages.length === 0) throw new Error(`tsc could not run: ${stderr}`, { cause: error })
  return messages
}

/** How many types the compiler instantiates for a project, which has to compile. The same on every machine. */
export async function typeInstantiations(tsconfig: string): Promise<number> {
  const { error, stdout, stderr } = await compile(tsconfig, '--extendedDiagnostics', '--singleThreaded')
  const instantiations = stdout.match(/^Instantiations:\s+(\d+)$/m)?.[1]
  if (error === null && instantiations !== undefined) return Number(instantiations)
  throw new Error(`tsc did not compile ${tsconfig}: ${stdout}${stderr}`, { cause: error })
}

interface Compilation {
  readonly error: Error | null
  readonly stdout: string
  readonly stderr: string
}

function compile(tsconfig: string, ...options: readonly string[]): Promise<Compilation> {
  return new Promise((resolve) => {
    const command = [compiler, '-p', tsconfig, '--pretty', 'false', ...options]
    execFile(process.execPath, command, (error, stdout, stderr) => resolve({ error, stdout, stderr }))
  })
}
