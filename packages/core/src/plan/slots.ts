/**
 * Slots: small numbers that packed states use for features, definitions and categories. A name keeps its number
 * for ever, so states packed before a definition was added, changed or removed still read.
 */

import { hash48 } from "../customer.ts";

/** JSON: the number of each name. */
export type Slots = Readonly<Record<string, number>>;

export interface SlotBook {
  slotOf(name: string): number;
  readonly slots: Slots;
}

/** Goes on from earlier slots; new names get the next numbers in the order asked for. */
export function slotBook(earlier: Slots = {}): SlotBook {
  const slots: Record<string, number> = { ...earlier };
  let next = Object.values(slots).reduce((highest, slot) => Math.max(highest, slot + 1), 0);
  return {
    slots,
    slotOf(name) {
      const known = slots[name];
      if (known !== undefined) return known;
      slots[name] = next;
      next += 1;
      return next - 1;
    },
  };
}

/** A number from the name alone (48 bits), so that packed features mean the same wherever they are read. */
export function hashedSlots(): SlotBook {
  return { slotOf: hash48, slots: {} };
}
