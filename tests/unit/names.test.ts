import { bridgeName, containerLinkName, hostLinkName, isOurLink, LINK_NAME_LENGTH } from '../../src/model/names.ts';

const ID = 'a'.repeat(63);

test('names fit into the kernel and differ for ids that share any prefix', () => {
  for (const name of [bridgeName, hostLinkName, containerLinkName]) {
    expect(name(`${ID}1`).length).toBe(LINK_NAME_LENGTH);
    expect(name(`${ID}1`)).not.toBe(name(`${ID}2`));
  }
});

test('only what has our shape and our kind is ours', () => {
  const veth = (name: string) => isOurLink({ name, kind: 'veth', alias: undefined });
  expect(veth(hostLinkName(ID))).toBe(true);
  expect(veth(containerLinkName(ID))).toBe(true);
  for (const name of ['dv-tuner', 'dv-0123456789a', 'dv-0123456789ag', 'xdv-0123456789ab'])
    expect(veth(name)).toBe(false);
  expect(isOurLink({ name: bridgeName(ID), kind: 'bridge', alias: undefined })).toBe(false);
  expect(isOurLink({ name: 'lab0', kind: 'bridge', alias: 'drawbridge:x' })).toBe(true);
  expect(isOurLink({ name: 'dv-0123456789ab', kind: 'dummy', alias: 'drawbridge:x' })).toBe(false);
});
