/** The zone of most of a state of the US; of those with two, where most people live. */
const byZone: Readonly<Record<string, readonly string[]>> = {
  "America/New_York": [
    "Connecticut",
    "Delaware",
    "District of Columbia",
    "Florida",
    "Georgia",
    "Maine",
    "Maryland",
    "Massachusetts",
    "New Hampshire",
    "New Jersey",
    "New York",
    "North Carolina",
    "Ohio",
    "Pennsylvania",
    "Rhode Island",
    "South Carolina",
    "Vermont",
    "Virginia",
    "West Virginia",
  ],
  "America/Detroit": ["Michigan"],
  "America/Indiana/Indianapolis": ["Indiana"],
  "America/Kentucky/Louisville": ["Kentucky"],
  "America/Chicago": [
    "Alabama",
    "Arkansas",
    "Illinois",
    "Iowa",
    "Kansas",
    "Louisiana",
    "Minnesota",
    "Mississippi",
    "Missouri",
    "Nebraska",
    "North Dakota",
    "Oklahoma",
    "South Dakota",
    "Tennessee",
    "Texas",
    "Wisconsin",
  ],
  "America/Denver": ["Colorado", "Montana", "New Mexico", "Utah", "Wyoming"],
  "America/Boise": ["Idaho"],
  "America/Phoenix": ["Arizona"],
  "America/Los_Angeles": ["California", "Nevada", "Oregon", "Washington"],
};

const zones = new Map(
  Object.entries(byZone).flatMap(([zone, states]) => states.map((state) => [state, zone] as const)),
);

/** Throws for a state that is none of these. */
export function zoneOfState(state: string): string {
  const zone = zones.get(state);
  if (zone === undefined) throw new Error(`no zone is known for the state "${state}"`);
  return zone;
}
