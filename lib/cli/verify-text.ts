import type { VerifiedStore } from './verify.js'

const problemsShownMax = 20

/** What was verified, for people. */
export function verifyText({
  directory,
  partitions,
  tables,
  rows,
  entries,
  problemCount,
  problems,
}: VerifiedStore): string {
  const lines = [directory]
  for (const { path, keys, isWhole } of partitions) {
    lines.push(`${path}: ${counted(keys, 'key')}${isWhole ? '' : ', then it could not be read any more'}`)
  }
  if (tables === undefined || rows === undefined || entries === undefined)
    lines.push('Rows and entries were not looked at.')
  else lines.push(`${counted(tables, 'table')}, ${counted(rows, 'row')}, ${counted(entries, 'entry', 'entries')}`)
  lines.push(problemCount === 0 ? 'No problem was found.' : `${counted(problemCount, 'problem')}:`)
  for (const problem of problems.slice(0, problemsShownMax)) lines.push(`  ${problemText(problem)}`)
  if (problemCount > problemsShownMax) lines.push('  … (more of them with --json)')
  return lines.join('\n')
}

function problemText(problem: VerifiedStore['problems'][number]): string {
  const { what, key, cause } = problem
  const parts: string[] = [what]
  if ('place' in problem) parts.push(`in ${problem.place}`)
  else if (problem.model !== undefined)
    parts.push(`of ${problem.model}${problem.index === undefined ? '' : `, index ${problem.index}`}`)
  if ('values' in problem && problem.values !== undefined) parts.push(`(${problem.values.map(valueText).join(', ')})`)
  if (key !== undefined) parts.push(`key ${key}`)
  const reasons = [cause?.code, 'detail' in problem ? problem.detail : undefined].filter(
    (reason) => reason !== undefined,
  )
  return [parts.join(' '), ...reasons].join(': ')
}

function valueText(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

function counted(count: number, one: string, several = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : several}`
}
