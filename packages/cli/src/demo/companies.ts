/** Companies for the corporate customers of the demo: a few colleagues of one state share one. */
import type { Random } from "./random.ts";
import type { StoreCustomer } from "./superstore.ts";

export interface Company {
  readonly id: string;
  readonly name: string;
  readonly industry: string;
  readonly employees: number;
  readonly region: string;
}

/** NACE sections, as registers of companies give them. */
const industries = ["C", "F", "G", "H", "J", "K", "M", "Q"];
const names = ["Alder", "Birch", "Cedar", "Hazel", "Juniper", "Larch", "Maple", "Rowan", "Spruce", "Willow"];
const endings = ["Works", "Logistics", "Partners", "Foods", "Systems", "Health", "Supply"];
const maxColleagues = 4;

/** The company of each corporate customer, by the customer's id. */
export function companiesOf(
  customers: readonly StoreCustomer[],
  random: Random,
): ReadonlyMap<string, Company> {
  const corporate = customers.filter(({ kind }) => kind === "Corporate");
  const companies = new Map<string, Company>();
  let count = 0;
  for (const colleagues of Map.groupBy(corporate, ({ state }) => state).values()) {
    let from = 0;
    while (from < colleagues.length) {
      count += 1;
      const company: Company = {
        id: `CO-${String(count).padStart(3, "0")}`,
        name: `${random.pick(names)} ${random.pick(endings)} ${count}`,
        industry: random.pick(industries),
        employees: Math.round(10 ** (1 + 3 * random.next())),
        region: colleagues[from]?.region ?? "",
      };
      const to = from + random.between(1, maxColleagues);
      for (const { id } of colleagues.slice(from, to)) companies.set(id, company);
      from = to;
    }
  }
  return companies;
}
