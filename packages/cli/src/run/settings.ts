/** Where `npm start` keeps things and which ports it takes: from the environment, each with a default. */
import type { Settings } from "@tidemark/runtime";

const port = (about: string, standard: number) =>
  ({ type: "integer", unit: null, default: standard, min: 1, max: 65_535, about }) as const;

export const startSettings = {
  TIDEMARK_HOME: {
    type: "text",
    default: ".tidemark",
    about: "Folder of data, logs and process ids, from the repository's root.",
  },
  TIDEMARK_STACK: {
    type: "text",
    default: "auto",
    oneOf: ["auto", "containers", "native"],
    about:
      "Where Kafka, Redis, ClickHouse and the registry run; auto: containers where a Docker engine answers.",
  },
  KAFKA_CLIENT: {
    type: "text",
    default: "platformatic",
    oneOf: ["platformatic", "kafkajs"],
    about: "Which Kafka client the services use.",
  },
  CUSTOMER_EVENTS_PARTITIONS: {
    type: "integer",
    unit: "partitions",
    default: 32,
    min: 1,
    max: 4096,
    about: "Partitions of customer-events and segment-changes; fixed once they exist.",
  },
  KAFKA_PORT: port("Port of Kafka.", 9092),
  KAFKA_CONTROLLER_PORT: port("Port of Kafka's controller.", 9093),
  REDIS_PORT: port("Port of Redis.", 6379),
  REGISTRY_PORT: port("Port of the schema registry.", 8081),
  CLICKHOUSE_PORT: port("Port of ClickHouse's HTTP interface.", 8123),
  ORDERS_PORT: port("Health and metrics of the service orders.", 7101),
  INTERACTIONS_PORT: port("Health and metrics of the service interactions.", 7102),
  LIFECYCLE_PORT: port("Health and metrics of the service lifecycle.", 7103),
  SEGMENTS_PORT: port("Health and metrics of the service segments.", 7104),
  WAREHOUSE_PORT: port("Health and metrics of the service warehouse.", 7105),
  AUTOMATIONS_PORT: port("Health and metrics of the service automations.", 7106),
  WEBHOOKS_PORT: port("The demo's receiver of webhooks.", 7107),
  API_PORT: port("The HTTP interface.", 7108),
} as const satisfies Settings;
