/** What a thrown value says, never empty: user code may throw anything, also what cannot be printed. */
export function reasonOf(thrown: unknown): string {
  try {
    return (thrown instanceof Error ? thrown.message || thrown.name : String(thrown)) || 'no reason was given'
  } catch {
    return 'something that cannot be printed'
  }
}
