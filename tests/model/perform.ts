import type { Command, PlainCommand } from './command.ts';
import { createEndpoint, endpointCommand } from './endpoints.ts';
import { createNetwork, removeNetwork, replay } from './networks.ts';
import { agrees, compareAfterLoss, settle } from './observer.ts';
import { judge } from './outcome.ts';
import { policyCommand } from './policy.ts';
import type { Real } from './real.ts';
import type { World } from './world.ts';

/** Does what a command says, in the world and in reality. Throws where reality does what it should not. */
export async function perform(world: World, real: Real, command: Command): Promise<void> {
  switch (command.do) {
    case 'restart':
      return real.restart(command.signal);
    case 'daemon':
      return restartDaemon(world, real, command.live);
    case 'settle':
      return waitOut(world, real);
    case 'repeat':
      return repeat(world, real);
    case 'parallel':
      await Promise.all(command.commands.map((one) => plainly(world, real, one)));
      return;
    case 'faulty':
      real.fault(command.fault);
      await plainly(world, real, command.command);
      real.fault(undefined);
      return compareAfterLoss(world, real);
    case 'aborted':
      real.hangUpAfter = command.after;
      await plainly(world, real, command.command);
      real.hangUpAfter = undefined;
      return compareAfterLoss(world, real);
    default:
      return plainly(world, real, command);
  }
}

function plainly(world: World, real: Real, command: PlainCommand): Promise<void> {
  switch (command.do) {
    case 'createNetwork':
      return world.nets.has(command.net) ? Promise.resolve() : createNetwork(world, real, command);
    case 'removeNetwork':
      return removeIfEmpty(world, real, command.net);
    case 'create':
      return createEndpoint(world, real, command);
    case 'join':
    case 'leave':
    case 'revoke':
    case 'vanish':
    case 'program':
    case 'delete':
      return endpointCommand(world, real, command);
    default:
      return policyCommand(world, real, command, async () => {
        real.fault(undefined);
        return agrees(world, real);
      });
  }
}

/** The engine refuses to remove a network that has endpoints. */
async function removeIfEmpty(world: World, real: Real, number: number): Promise<void> {
  const net = world.nets.get(number);
  if (net && world.endsOf(net).length === 0) await removeNetwork(world, real, number);
}

/** Without live-restore the containers have died with the daemon; it says so, and that more than once. */
async function restartDaemon(world: World, real: Real, live: boolean): Promise<void> {
  await real.restartWithReplay(() => replay(world, real));
  if (live) return;
  for (const [number, { net, id }] of [...world.ends]) {
    const ids = { NetworkID: net.id, EndpointID: id };
    for (const word of ['RevokeExternalConnectivity', 'Leave'])
      judge('done', await real.call(`NetworkDriver.${word}`, ids));
    await plainly(world, real, { do: 'delete', end: number, link: 'gone' });
  }
}

/** The engine leaves no endpoint between its creation and Join, or between Leave and its end, for a minute. */
async function waitOut(world: World, real: Real): Promise<void> {
  for (const [number, end] of [...world.ends])
    if (end.link !== 'sandbox') await plainly(world, real, { do: 'delete', end: number, link: 'back' });
  await settle(world, real);
}

/** What has come already, and what is about nobody: success, and nothing changes. */
async function repeat(world: World, real: Real): Promise<void> {
  const unknown = { NetworkID: 'f'.repeat(64), EndpointID: 'e'.repeat(64) };
  for (const word of ['RevokeExternalConnectivity', 'Leave', 'DeleteEndpoint', 'DeleteNetwork'])
    judge('done', await real.call(`NetworkDriver.${word}`, unknown));
  judge('done', await real.call('IpamDriver.ReleasePool', { PoolID: 'drawbridge-local|10.99.0.0/24' }));
  for (const net of world.nets.values()) {
    judge('done', await real.call('NetworkDriver.CreateNetwork', net.request));
    const [pool] = net.pools;
    judge('done', await real.call('IpamDriver.ReleaseAddress', { PoolID: pool?.poolId, Address: '10.250.0.9' }));
  }
}
