import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { PartPlan } from "./part.ts";

/** Apicurio Registry over an embedded database file, with its Confluent-compatible interface. */
export function planRegistry(folder: string, jar: string, port: number): PartPlan {
  const data = join(folder, "data");
  mkdirSync(data, { recursive: true });
  return {
    name: "registry",
    url: `http://127.0.0.1:${port}/apis/ccompat/v7`,
    folder,
    command: "java",
    arguments: ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar", jar],
    environment: {
      APICURIO_STORAGE_KIND: "sql",
      APICURIO_STORAGE_SQL_KIND: "h2",
      APICURIO_DATASOURCE_URL: `jdbc:h2:file:${join(data, "registry")}`,
      APICURIO_DATASOURCE_JDBC_INITIAL_SIZE: "2",
      APICURIO_DATASOURCE_JDBC_MIN_SIZE: "2",
      APICURIO_DATASOURCE_JDBC_MAX_SIZE: "10",
      QUARKUS_HTTP_HOST: "127.0.0.1",
      QUARKUS_HTTP_PORT: String(port),
    },
    isReady: async () => (await fetch(`http://127.0.0.1:${port}/health/ready`)).ok,
  };
}
