/** What the address of a request says about its session. */
export interface SessionRequest {
  readonly id: string;
  readonly timeoutSeconds: number;
  /** The session must have been begun by an earlier request. */
  readonly mustExist: boolean;
}

interface Held<Session> {
  readonly session: Session;
  isBusy: boolean;
  end?: NodeJS.Timeout;
}

export interface Sessions<Session> {
  /** Rejects when the session is in use, or has to exist and does not. */
  within<Result>(request: SessionRequest, work: (session: Session) => Promise<Result>): Promise<Result>;
  close(): void;
}

const longestTimeoutSeconds = 3600;

/** Sessions that outlast a request: their SET, USE and temporary tables stay until nobody has asked for a while. */
export function holdSessions<Session extends { close(): void }>(open: () => Session): Sessions<Session> {
  const held = new Map<string, Held<Session>>();
  const begin = (request: SessionRequest): Held<Session> => {
    if (request.mustExist) {
      throw new Error("Code: 372. DB::Exception: Session not found. (SESSION_NOT_FOUND)");
    }
    const one: Held<Session> = { session: open(), isBusy: false };
    held.set(request.id, one);
    return one;
  };
  return {
    within: async (request, work) => {
      if (!(request.timeoutSeconds >= 0 && request.timeoutSeconds <= longestTimeoutSeconds)) {
        const limit = `is not a number of seconds up to ${longestTimeoutSeconds}`;
        throw new Error(
          `Code: 374. DB::Exception: The session's timeout ${limit}. (INVALID_SESSION_TIMEOUT)`,
        );
      }
      const one = held.get(request.id) ?? begin(request);
      if (one.isBusy) {
        throw new Error(
          `Code: 373. DB::Exception: Session ${request.id} is locked by a concurrent client. (SESSION_IS_LOCKED)`,
        );
      }
      one.isBusy = true;
      clearTimeout(one.end);
      try {
        return await work(one.session);
      } finally {
        one.isBusy = false;
        one.end = setTimeout(() => {
          held.delete(request.id);
          one.session.close();
        }, request.timeoutSeconds * 1000).unref();
      }
    },
    close: () => {
      for (const { session, end } of held.values()) {
        clearTimeout(end);
        session.close();
      }
      held.clear();
    },
  };
}
