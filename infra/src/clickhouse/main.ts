import { join } from "node:path";
import { openEngine } from "./engine.ts";
import { createFront } from "./server.ts";

// Usage: main.ts DATA_FOLDER PORT
const [folder = "", port = ""] = process.argv.slice(2);
const engine = openEngine(join(folder, "engine"));
const server = createFront(engine, join(folder, "spool"));
server.listen(Number(port), "127.0.0.1", () =>
  console.log(`ClickHouse ${engine.version} at 127.0.0.1:${port}`),
);

// Requests in progress are finished, then the engine closes its files.
process.once("SIGTERM", () => {
  server.close(() => {
    engine.close();
    process.exit(0);
  });
  server.closeIdleConnections();
});
