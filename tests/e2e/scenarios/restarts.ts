import type { Container } from '../../support/docker-container.ts';
import { OUTSIDE } from '../../support/engine.ts';
import { until } from '../../support/engine-command.ts';
import { inGroups, type Scenarios } from '../stage.ts';

const POLICY = `
groups:
  open:
    rules:
      - { direction: egress, remote: any }
      - { direction: ingress, remote: any }
  echo:
    rules:
      - { direction: ingress, protocol: icmp, remote: group:open }
`;

/** The engine or the whole host ends without a word, and comes back; of the plugin's end `under load` tells. */
export const restarts: Scenarios = (stage) => {
  const docker = (...args: string[]) => stage().engine.docker(...args);

  test('the socket answers within half a second of the start of the process', async () => {
    const { plugin } = stage();
    await docker('plugin', 'disable', plugin.name);
    const enabled = docker('plugin', 'enable', plugin.name);
    const answered = await until('the plugin answers', async () => (await plugin.answers()) && plugin.age());
    await enabled;
    expect(answered).toBeLessThan(0.5);
  });

  for (const signal of ['TERM', 'KILL'] as const) {
    test(`after the engine got SIG${signal} its containers come back, with their static addresses`, async () => {
      const { engine } = stage();
      await withStaticAddress('10.76.3.0/24', '10.76.3.33');
      await engine.kill(signal);
      await engine.again();
      await comesBackWith('10.76.3.33');
    });
  }

  test('under live-restore traffic and groups outlive a killed engine, and afterwards all goes on', async () => {
    const { engine } = stage();
    await engine.kill('TERM');
    await engine.again('--live-restore');
    try {
      await stage().network('n1', '--subnet', '10.76.4.0/24');
      await stage().apply(POLICY);
      const one = await stage().run('one', inGroups('n1', 'open'), '--ip', '10.76.4.44');
      await stage().run('two', inGroups('n1', 'echo'));
      const flow = await steadyFlow(one, '10.76.4.2');

      await engine.kill('KILL');
      await engine.again('--live-restore');
      const three = await stage().run('three', 'n1');
      // Docker 28 takes its jump to DOCKER-USER out as it starts, and puts it in again some milliseconds later: not ours.
      expect(await flow.lost()).toBe(0);
      expect(await one.fetches('10.76.4.2')).toBe(false);
      expect(await stage().groupsOf('two')).toEqual(['echo']);
      await three.reaches('10.76.4.44');
      await docker('restart', 'one');
      await three.reaches('10.76.4.44');
    } finally {
      await engine.api.removeAll();
      await engine.kill('TERM');
      await engine.again();
    }
  });

  test('after a power cut networks work again, containers come back, with their static addresses', async () => {
    const { engine } = stage();
    await withStaticAddress('10.76.5.0/24', '10.76.5.55');
    await engine.powerCut();
    await engine.boot();
    expect(await engine.log()).toMatch(/"repaired\\":\\"rebuilt \d+: /);
    const one = await comesBackWith('10.76.5.55');
    await one.meets(OUTSIDE[4]);
  });

  /** `one`, which always restarts and has a static address, and `two`, which does not and has not. */
  async function withStaticAddress(subnet: string, address: string): Promise<void> {
    await stage().network('n1', '--subnet', subnet);
    const one = await stage().run('one', 'n1', '--restart', 'always', '--ip', address);
    const two = await stage().run('two', 'n1');
    await two.reaches(address);
    expect(await one.resolves('two')).toBe('two');
  }

  /** That both are back, and that the address can be had by another container. */
  async function comesBackWith(address: string): Promise<Container> {
    const { engine } = stage();
    const [one, two] = [engine.find('one'), engine.find('two')];
    await until('the container runs again', async () => (await one.pid()) > 0, 20_000);
    expect(await two.pid()).toBe(0);
    await docker('start', 'two');
    expect(await one.address()).toBe(address);
    await two.reaches(address);
    expect(await one.resolves('two')).toBe('two');

    await docker('rm', '-f', 'one');
    const three = await stage().run('three', 'n1', '--ip', address);
    await two.reaches(address);
    return three;
  }
};

/** Five echo requests in a second, until it is asked how many of them were lost. */
async function steadyFlow(from: Container, to: string): Promise<{ lost(): Promise<number> }> {
  await from.meets(to);
  // Ends by itself should the test fail before it asks.
  const ping = await from.start('ping', '-i', '0.2', '-w', '60', to);
  return {
    async lost() {
      const output = await ping.interrupt();
      const sent = Number(/(\d+) packets transmitted/.exec(output)?.[1]);
      const answered = [...output.matchAll(/icmp_seq=(\d+)/g)].map(([, number]) => Number(number));
      // The last request may still be on its way.
      const due = answered.includes(sent) ? sent : sent - 1;
      return due - answered.length;
    },
  };
}
