/** Where webhooks arrive. */
import type { Post } from "../../../services/automations/src/post.ts";
import type { Host } from "./host.ts";
import type { Random } from "./random.ts";

export interface Received {
  readonly id: string;
  readonly body: string;
}

export interface Receiver {
  readonly received: Received[];
  /** Whoever they hear nothing about; null for nobody. */
  readonly refused: string | null;
}

class Unanswered extends Error {
  readonly kind: string;
  constructor(kind: string, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** The `Post` port of one process. `troubled` is the share of answers that ask to try again. */
export function createPost(host: Host, receiver: Receiver, random: Random, troubled: () => number): Post {
  return async ({ headers, body }) => {
    const id = headers["webhook-id"] ?? "";
    try {
      const status = await host.call(
        "webhook",
        `posts ${id}`,
        () => {
          if (random.chance(troubled())) return random.pick([429, 500, 503]);
          if (JSON.parse(body).subject === receiver.refused) return 422;
          receiver.received.push({ id, body });
          return 200;
        },
        { write: "repeats", failure: (kind, message) => new Unanswered(kind, message) },
      );
      return { status, retryAfter: null, text: "" };
    } catch (error) {
      const isRefused = error instanceof Unanswered && error.kind === "retry";
      return { failure: isRefused ? "ECONNREFUSED" : "timeout" };
    }
  };
}
