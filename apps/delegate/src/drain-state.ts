/** Who wants this delegate to take no more work. Runners go on either way. */
export interface DrainState {
  /** An administrator, through the control plane; undone there too. */
  byServer: boolean
  /** This process is about to end. */
  byUs: boolean
}

export function isDraining({ byServer, byUs }: DrainState): boolean {
  return byServer || byUs
}
