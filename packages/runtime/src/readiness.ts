/** Whether a service can do its work now, and if not, why. */
export interface Readiness {
  readonly ready: boolean;
  /** For people; present where it is not ready. */
  readonly reason?: string;
}

/** The first that says no decides. */
export function firstRefusal(states: readonly Readiness[]): Readiness {
  return states.find(({ ready }) => !ready) ?? { ready: true };
}
