import { OUTSIDE } from '../../support/engine.ts';
import type { Scenarios, Stage } from '../stage.ts';

const NAME = 'com.docker.network.bridge.name';

/** A Linux bridge that was there before the network. */
export const adoptedBridge: Scenarios = (stage) => {
  test('a bridge that exists is adopted, and is as it was when the network is gone', async () => {
    await using bridge = await lanBridge(stage());
    const before = await bridge.look();
    const own = ['--subnet', '10.75.1.0/24', '--gateway', '10.75.1.1', '--aux-address', 'lan=10.75.1.2'];
    await stage().network('n1', ...own, '-o', `${NAME}=br-lan`, '--ipam-opt', `${NAME}=br-lan`);
    const one = await stage().run('one', 'n1');
    await stage().run('two', 'n1');

    expect(await one.routes()).toEqual(['default via 10.75.1.1']);
    await one.reaches('10.75.1.4');
    await one.meets('10.75.1.1');
    await one.meets(OUTSIDE[4]);

    await stage().clear();
    expect(await bridge.look()).toEqual(before);
  });

  test('without being told which bridge, the subnet of the bridge is refused as a route of the host', async () => {
    await using _bridge = await lanBridge(stage());
    const create = stage().network('n1', '--subnet', '10.75.1.0/24', '-o', `${NAME}=br-lan`);
    await expect(create).rejects.toThrow(`--ipam-opt ${NAME}=br-lan`);
  });
};

/** br-lan with addresses and settings of its own. */
async function lanBridge({ engine }: Stage): Promise<AsyncDisposable & { look(): Promise<unknown> }> {
  await engine.net('ip', 'link', 'add', 'br-lan', 'type', 'bridge', 'stp_state', '0', 'ageing_time', '20000');
  await engine.net('ip', 'address', 'add', '10.75.1.1/24', 'dev', 'br-lan');
  await engine.net('ip', 'address', 'add', '10.75.9.1/24', 'dev', 'br-lan');
  await engine.net('ip', 'link', 'set', 'br-lan', 'up');
  return {
    async look() {
      const shown = await engine.net('ip', '-json', '-details', 'address', 'show', 'dev', 'br-lan');
      const [{ addr_info, linkinfo, flags, mtu }] = JSON.parse(shown);
      const addresses = addr_info.filter(({ scope }: { scope: string }) => scope === 'global');
      const { ageing_time, stp_state, nf_call_iptables, nf_call_ip6tables, vlan_filtering } = linkinfo.info_data;
      const settings = { ageing_time, stp_state, nf_call_iptables, nf_call_ip6tables, vlan_filtering };
      return { addresses, settings, up: flags.includes('UP'), mtu };
    },
    async [Symbol.asyncDispose]() {
      // A network that a failed test has left gives the bridge back first.
      await engine.api.removeAll();
      await engine.net('ip', 'link', 'delete', 'br-lan');
    },
  };
}
