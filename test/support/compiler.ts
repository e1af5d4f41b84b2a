import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { projectRoot } from './project.js'

// Not bin/tsc: without an extension it cannot be loaded in a process that tap has hooked into.
const compiler = join(projectRoot, 'node_modules', 'typescript', 'lib', 'tsc.js')

/** Compiles a project and gives the compiler's messages, one each, none when all is well. */
export function compilerMessages(tsconfig: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [compiler, '-p', tsconfig, '--pretty', 'false'], (error, stdout, stderr) => {
      const messages = stdout.split(/\n(?=\S)/).filter((message) => message.trim() !== '')
      // A compiler that failed without a message did not compile.
      if (error !== null && messages.length === 0) reject(new Error(`tsc could not run: ${stderr}`, { cause: error }))
      else resolve(messages)
    })
  })
}
