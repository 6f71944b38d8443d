/** What the commands of `npm run tidemark` need to know: where things are. */
import { type Settings, stackSettings } from "@tidemark/runtime";

export const mainSettings = {
  ...stackSettings,
  CLICKHOUSE_USER: { type: "text", default: "default", about: "User of ClickHouse." },
  CLICKHOUSE_PASSWORD: { type: "text", default: "", secret: true, about: "That user's password." },
  TOPIC_REPLICAS: {
    type: "integer",
    unit: null,
    default: 1,
    min: 1,
    max: 32,
    about: "Replicas of the topics that prepare creates; 3 on a cluster of brokers.",
  },
  TIDEMARK_API: { type: "text", default: "http://127.0.0.1:7108", about: "The HTTP interface." },
  TIDEMARK_HOME: {
    type: "text",
    default: ".tidemark",
    about: "Folder of npm start, where the addresses of what it runs are found.",
  },
  WEBHOOK_SECRET: {
    type: "text",
    default: "",
    secret: true,
    about: "What receive-webhooks checks signatures with: whsec_ and base64.",
  },
} as const satisfies Settings;
