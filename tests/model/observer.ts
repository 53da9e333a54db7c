import { hostLinkName } from '../../src/model/names.ts';
import { unfollowedLeases } from '../support/agreement/addresses.ts';
import { NOTHING_STORED, readStored } from '../support/agreement/stored.ts';
import { disagreements } from '../support/agreement.ts';
import { leftovers } from '../support/leftovers.ts';
import { settled } from '../support/settled.ts';
import { deviations } from './comparison.ts';
import { requestPool } from './networks.ts';
import type { Real } from './real.ts';
import type { World } from './world.ts';

/** What a call that was lost leaves to be taken back is taken back in this time, on a busy machine. */
const PATIENCE_MS = 10_000;
/** Longer than an endpoint without its container, and then a lease without its endpoint, is kept. */
const GRACE_MS = 61_000;

/** Throws where reality is not what the model says, or store and kernel disagree. */
export async function compare(world: World, real: Real): Promise<void> {
  // A sweep may be taking it out at this moment.
  if (world.limbo.size > 0) return untilNone(() => findings(world, real));
  await untilNone(async () => departing(real));
  const found = await findings(world, real);
  if (found.length > 0) throw new Error(found.join('\n'));
}

/** What follows the answer to DeleteEndpoint. */
const departing = (real: Real) =>
  readStored(real.plugin.stateDir)
    .endpoint.filter(({ state }) => state === 'deleting')
    .map(({ id }) => `endpoint ${id} does not go`);

/** The same, once what was interrupted has been taken back; what is still there that nobody knows of is noted as such. */
export async function compareAfterLoss(world: World, real: Real): Promise<void> {
  await untilNone(async () =>
    (await disagreements(real.host.netns, real.plugin)).filter((one) => !isOfLimbo(world, one)),
  );
  noteLimbo(world, real);
  adopt(world, real);
  const found = deviations(world, readStored(real.plugin.stateDir));
  if (found.length > 0) throw new Error(found.join('\n'));
}

/** Of what may have been done or not, takes reality's word. */
function adopt(world: World, real: Real): void {
  const { endpoint, published } = readStored(real.plugin.stateDir);
  for (const [end, ports] of world.unsure) {
    end.joined = endpoint.some(({ id, state }) => id === end.id && state === 'joined');
    end.ports = published.some(({ endpointId }) => endpointId === end.id) ? ports : [];
  }
  world.unsure.clear();
}

/** Whether the store says what the model says. */
export async function agrees(world: World, real: Real): Promise<boolean> {
  return (
    deviations(world, readStored(real.plugin.stateDir)).filter((one) => /^(group|list|endpoint) /.test(one)).length ===
    0
  );
}

async function findings(world: World, real: Real): Promise<string[]> {
  const stored = readStored(real.plugin.stateDir);
  const strange = unfollowedLeases(stored).filter((one) => !world.limbo.has(one.replace(/^nobody has /, '')));
  const found = [...deviations(world, stored), ...strange, ...(await disagreements(real.host.netns, real.plugin))];
  return found.filter((one) => !isOfLimbo(world, one));
}

/** A container that died unheard has taken its link along. */
const isOfLimbo = ({ limbo }: World, found: string) =>
  [...limbo].some((id) => found === `link missing: ${hostLinkName(id)}`);

/** Only networks, endpoints, pools and leases can be forgotten. */
function noteLimbo(world: World, real: Real): void {
  const { network, endpoint, pool, lease } = readStored(real.plugin.stateDir);
  const nets = [...world.nets.values()];
  const known = new Set([
    ...nets.flatMap(({ id, pools }) => [id, ...pools.map(({ poolId }) => poolId)]),
    ...[...world.ends.values()].map(({ id }) => id),
    ...world.leases(),
  ]);
  const there = [
    ...[...network, ...endpoint, ...pool].map(({ id }) => id),
    ...lease.map(({ poolId, address }) => `${poolId}|${address}`),
  ];
  world.limbo.clear();
  for (const id of there) if (!known.has(id)) world.limbo.add(id);
}

/** Two minutes go by: of what the engine has forgotten, endpoints and addresses of networks that it knows are gone. */
export async function settle(world: World, real: Real): Promise<void> {
  const forgotten = () => {
    const { endpoint, lease } = readStored(real.plugin.stateDir);
    const pools = new Set([...world.nets.values()].flatMap((net) => net.pools.map(({ poolId }) => poolId)));
    const leases = lease.filter(({ poolId }) => pools.has(poolId)).map(({ poolId, address }) => `${poolId}|${address}`);
    return {
      ends: endpoint.map(({ id }) => id).filter((id) => world.limbo.has(id)),
      leases: leases.filter((id) => world.limbo.has(id)),
    };
  };
  if (world.limbo.size === 0) return;
  real.pass(GRACE_MS);
  await untilNone(async () => forgotten().ends.map((id) => `endpoint ${id} is not reclaimed`));
  real.pass(GRACE_MS);
  await untilNone(async () => forgotten().leases.map((id) => `${id} is not reclaimed`));
  noteLimbo(world, real);
}

/** After everything was removed: whatever was forgotten can be had again, and then nothing is left. */
export async function nothingRemains(world: World, real: Real): Promise<void> {
  await settle(world, real);
  for (const { cidr } of readStored(real.plugin.stateDir).pool) {
    const outcome = await requestPool(real, cidr);
    if (outcome.kind !== 'done')
      throw new Error(`${cidr} was forgotten, and cannot be had again: ${JSON.stringify(outcome)}`);
    await real.call('IpamDriver.ReleasePool', { PoolID: outcome.value.PoolID });
  }
  await untilNone(async () => [
    ...Object.entries(readStored(real.plugin.stateDir)).flatMap(([kind, all]) =>
      all.length > NOTHING_STORED[kind as keyof typeof NOTHING_STORED].length
        ? [`${kind} left: ${JSON.stringify(all)}`]
        : [],
    ),
    ...(await leftovers((...argv) => real.host.netns.run(...argv))),
    ...(await disagreements(real.host.netns, real.plugin)),
  ]);
}

async function untilNone(look: () => Promise<readonly string[]>): Promise<void> {
  const found = await settled(look, PATIENCE_MS);
  if (found.length > 0) throw new Error(found.join('\n'));
}
