/** `make fuzz N=... SEED=...` sets the environment: so many inputs in all. */
const all = Number(process.env.N || 100_000);
export const firstSeed = Number(process.env.SEED || 1);

/** What costs most to answer, and finds least more, is sent least. */
export const inputs = {
  admin: Math.ceil(all * 0.25),
  engine: Math.ceil(all * 0.24),
  live: Math.ceil(all * 0.01),
  policies: Math.ceil(all * 0.5),
};
