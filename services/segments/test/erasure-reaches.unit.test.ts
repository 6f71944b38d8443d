/** Law D3 in erase.ts over random lives: REACHES_SEED asks for those from another seed on, REACHES_LIVES is how many. */
import { expect, it } from "vitest";
import { seededRandom } from "../../../test/bench/random.ts";
import { cluster, day, hour, noon } from "./cluster.ts";

const lives = Number(process.env.REACHES_LIVES ?? 60);
const first = Number(process.env.REACHES_SEED ?? Math.floor(Math.random() * 2 ** 31));
const partitions = 3;
const definitions = [{ kind: "segment", id: "buyer", when: { count: "order.placed", atLeast: 1 } }];

/** What is left of somebody in the store once they were erased, and whether anything was there of them before. */
async function erasedIn(seed: number): Promise<{ readonly left: readonly string[]; readonly was: boolean }> {
  const random = seededRandom(seed);
  const upTo = (count: number): number => Math.floor(random() * count);
  const place = await cluster({ partitions, definitions });
  const ids = Array.from({ length: 3 + upTo(6) }, (_, at) => `id-${at}-`);
  const someone = (): string => ids[upTo(ids.length)] ?? "";
  const told = new Map<string, string[]>(ids.map((id) => [id, [id]]));
  let now = noon;
  for (let at = 0; at < 60; at += 1) {
    now += upTo(4) === 0 ? upTo(10 * hour) : upTo(hour / 2);
    place.at(now);
    const dated = now - upTo(3) * upTo(day);
    const choice = random();
    const id = someone();
    if (choice < 0.5) {
      const word = `word-${at}-${id}`;
      told.get(id)?.push(word);
      const properties = JSON.stringify({ orderId: word, total: 5 });
      const attributes = JSON.stringify({ [`told-${at}`]: word });
      if (upTo(2) === 0) await place.order(id, word, 5, { properties, occurredAt: dated });
      else await place.event(id, { attributes, occurredAt: dated });
    } else if (choice < 0.75) await place.merge(id, someone(), dated);
    else if (choice < 0.85) await place.erase(id, dated);
    if (upTo(2) === 0) await place.foldSome(upTo(partitions), 1 + upTo(6));
  }
  await place.settle();
  const erased = someone();
  const words = told.get(erased) ?? [];
  const was = place.found(words).length > 0;
  place.at(now + 1);
  await place.erase(erased, now + 1);
  await place.settle();
  return { left: place.found(words), was };
}

it(`given any merges and erasures, when somebody is erased, then nothing that came under their id is left, whoever has it (seed ${first})`, {
  timeout: 600_000 + lives * 1_000,
}, async () => {
  let [known, seed] = [0, first];
  for (; seed < first + lives; seed += 1) {
    const { left, was } = await erasedIn(seed);
    expect(left, `seed ${seed}`).toEqual([]);
    known += was ? 1 : 0;
  }
  expect(known).toBeGreaterThan(lives / 4);
});
