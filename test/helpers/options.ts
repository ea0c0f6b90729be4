// Arguments of the programs beside the tests.

export function number(name: string, text: string, least: number): number {
  const value = Number(text)
  if (text === '' || !(value >= least)) {
    throw new Error(`--${name}: expected a number of at least ${least}, got ${text}`)
  }
  return value
}

export function oneOf<Name extends string>(name: string, text: string, known: readonly Name[]): Name {
  const found = known.find((each) => each === text)
  if (found === undefined) throw new Error(`--${name}: expected one of ${known.join(', ')}, got ${text}`)
  return found
}

/** Separated by commas. */
export function list<Name extends string>(name: string, text: string, known: readonly Name[]): Name[] {
  return text
    .split(',')
    .filter((each) => each !== '')
    .map((each) => oneOf(name, each, known))
}
