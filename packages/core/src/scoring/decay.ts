/**
 * How points fade: halved every half-life, in 64 steps. An event's factor at step k is T[k mod 64] shifted right by
 * k div 64 places, of 2^40 for the whole; none is left after 40 half-lives. T[i] is 2^(40 - i/64) to the nearest whole
 * number: the same integers everywhere, so every sum is exact.
 */

export const stepsPerHalfLife = 64;
const lastingHalfLives = 40;
/** From this step on nothing is left. */
export const lastStep = stepsPerHalfLife * lastingHalfLives;

const factors = [
  1_099_511_627_776, 1_087_667_703_029, 1_075_951_360_882, 1_064_361_227_019, 1_052_895_941_925,
  1_041_554_160_730, 1_030_334_553_053, 1_019_235_802_842, 1_008_256_608_221, 997_395_681_340,
  986_651_748_221, 976_023_548_607, 965_509_835_819, 955_109_376_606, 944_820_951_003, 934_643_352_185,
  924_575_386_327, 914_615_872_464, 904_763_642_353, 895_017_540_335, 885_376_423_200, 875_839_160_050,
  866_404_632_174, 857_071_732_908, 847_839_367_509, 838_706_453_029, 829_671_918_182, 820_734_703_226,
  811_893_759_832, 803_148_050_963, 794_496_550_755, 785_938_244_393, 777_472_127_994, 769_097_208_489,
  760_812_503_507, 752_617_041_257, 744_509_860_419, 736_490_010_025, 728_556_549_354, 720_708_547_817,
  712_945_084_849, 705_265_249_802, 697_668_141_836, 690_152_869_817, 682_718_552_210, 675_364_316_973,
  668_089_301_461, 660_892_652_321, 653_773_525_390, 646_731_085_600, 639_764_506_879, 632_872_972_052,
  626_055_672_747, 619_311_809_300, 612_640_590_662, 606_041_234_302, 599_512_966_123, 593_055_020_361,
  586_666_639_507, 580_347_074_207, 574_095_583_180, 567_911_433_133, 561_793_898_668, 555_742_262_204,
] as const;

/** For how long an event has points, in ms. */
export function lastingMs(halfLifeMs: number): number {
  return lastingHalfLives * halfLifeMs;
}

/** The step that an event is at, at an age in ms. */
export function stepAt(ageMs: number, halfLifeMs: number): number {
  return Math.floor((stepsPerHalfLife * ageMs) / halfLifeMs);
}

/** The age in ms at which a step begins. */
export function ageAt(step: number, halfLifeMs: number): number {
  return Math.ceil((step * halfLifeMs) / stepsPerHalfLife);
}

const factorOfStep = Float64Array.from({ length: lastStep }, (_, step) =>
  Math.floor((factors[step % stepsPerHalfLife] ?? 0) / 2 ** Math.floor(step / stepsPerHalfLife)),
);

/** What is left at a step, of 2^40. */
export function factorAt(step: number): number {
  return factorOfStep[step] ?? 0;
}
