/** Two receivers of webhooks: one answers at once, one takes the request and says nothing until it is let go. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Receivers {
  /** As the setting AUTOMATIONS_WEBHOOKS has them. */
  readonly setting: string;
  /** How often each id was taken, by endpoint. */
  readonly received: Readonly<Record<"quick" | "hung", ReadonlyMap<string, number>>>;
  hang(isHanging: boolean): void;
  close(): void;
}

export async function openReceivers(): Promise<Receivers> {
  const secret = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
  const quick = await openReceiver();
  const hung = await openReceiver();
  return {
    setting: JSON.stringify({ quick: { url: quick.url, secret }, hung: { url: hung.url, secret } }),
    received: { quick: quick.counts, hung: hung.counts },
    hang: hung.hang,
    close() {
      quick.close();
      hung.close();
    },
  };
}

async function openReceiver() {
  const counts = new Map<string, number>();
  let isHanging = false;
  const server = createServer((request, response) => {
    request.resume().once("end", () => {
      if (isHanging) return;
      const id = String(request.headers["webhook-id"]);
      counts.set(id, (counts.get(id) ?? 0) + 1);
      response.writeHead(204).end();
    });
  });
  await listening(server);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    counts,
    hang(given: boolean) {
      isHanging = given;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve());
  });
}
