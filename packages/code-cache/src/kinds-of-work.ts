/** The kinds that one cache tells apart. Nobody has so many commands and databases; it keeps a mistake from growing without end. */
export const kindsMax = 64

/** The kinds of work of one process. */
export interface WorkDone {
  readonly kinds: ReadonlySet<string>
  /** Notes a kind once; more than `kindsMax` are passed over. */
  note(kind: string): void
}

export function createWorkDone(): WorkDone {
  const kinds = new Set<string>()
  return {
    kinds,
    note: (kind) => {
      if (kinds.size < kindsMax) kinds.add(kind)
    },
  }
}

const ours = createWorkDone()

/** The kinds of work that this process has noted. */
export const kindsOfWork: ReadonlySet<string> = ours.kinds

/**
 * Notes what this process does, such as `apply` or `postgresql`: words of the program, never of its input. The compiled code of a run is kept
 * when it did something that is not among what is kept.
 */
export function noteKindOfWork(kind: string): void {
  ours.note(kind)
}
