/** What a customer's state takes: with the RFM pack and 20 orders. */
import { readFileSync } from "node:fs";
import { emptyCustomer, foldEvent, packCustomer } from "@tidemark/core";
import { parseAllDocuments } from "yaml";
import { planOf } from "./core-alone.ts";
import { seededRandom } from "./random.ts";

/** Twenty orders within a year, at any millisecond, of 10.00 to 200.00; the mean of so many customers, in bytes. */
export function bytesWithRfmPack(customers = 200): number {
  const pack = readFileSync(new URL("../../packs/rfm/rfm.yaml", import.meta.url), "utf8");
  const plan = planOf(parseAllDocuments(pack).map((document) => document.toJS() as object));
  const random = seededRandom(1);
  let bytes = 0;
  for (let customer = 0; customer < customers; customer += 1) {
    const state = emptyCustomer("customer", `c${customer}`);
    const end = Date.UTC(2026, 10, 1);
    const instants = Array.from({ length: 20 }, () => end - Math.floor(random() * 300 * 86_400_000));
    for (const [offset, occurredAt] of instants.sort((a, b) => a - b).entries()) {
      const properties = { total: Math.round(1_000 + random() * 19_000) / 100 };
      foldEvent(plan, state, {
        occurredAt,
        partition: 7,
        offset: 1_000_000 + offset * 10_000,
        contributions: [{ name: "order.placed", occurredAt, sign: 1, properties, remembered: true }],
      });
    }
    bytes += packCustomer(plan, state).length;
  }
  return Math.round(bytes / customers);
}
