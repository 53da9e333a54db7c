import { CidrTree } from '../../../src/ipam/cidr-tree.ts';
import { type Cidr, formatCidr, overlaps, sizeOf } from '../../../src/model/address.ts';
import { cidr, random } from './support.ts';

test('who overlaps, and where there is room, agree with a plain list through 3,000 random changes', () => {
  const tree = new CidrTree<string>();
  const list: { cidr: Cidr; holder: string }[] = [];
  const within = cidr('10.7.0.0/24');
  const pick = random(3);
  const some = (): Cidr => {
    const prefix = 22 + pick(11);
    const size = 1n << BigInt(32 - prefix);
    return { family: 4, base: ((within.base - 512n + BigInt(pick(1024))) / size) * size, prefix };
  };
  for (let step = 0; step < 3_000; step++) {
    if (pick(20) < (step % 1_000 < 500 ? 11 : 8)) {
      const entry = { cidr: some(), holder: `holder ${step}` };
      // Small ones, or nothing would stay free.
      if (entry.cidr.prefix < 28 && pick(10)) continue;
      tree.add(entry.cidr, entry.holder);
      list.push(entry);
    } else {
      const [entry] = list.splice(pick(list.length || 1), 1);
      if (entry) tree.remove(entry.cidr, entry.holder);
      tree.remove(some(), 'nobody');
    }
    const asked = some();
    const found = tree.overlapping(asked);
    const others = list.filter((entry) => overlaps(entry.cidr, asked)).map(({ holder }) => holder);
    expect(found === undefined ? others.length === 0 : others.includes(found)).toBe(true);

    const prefix = 22 + pick(11);
    const free = tree.firstFree(within, prefix);
    expect(free && formatCidr(free)).toBe(firstFreeOf(list, within, prefix));
  }
});

function firstFreeOf(list: readonly { cidr: Cidr }[], within: Cidr, prefix: number): string | undefined {
  if (prefix < within.prefix) return undefined;
  const step = 1n << BigInt(32 - prefix);
  for (let base = within.base; base < within.base + sizeOf(within); base += step) {
    const candidate: Cidr = { family: 4, base, prefix };
    if (!list.some((entry) => overlaps(entry.cidr, candidate))) return formatCidr(candidate);
  }
  return undefined;
}

test('families do not get in each other’s way', () => {
  const tree = new CidrTree<string>();
  tree.add(cidr('0.0.0.0/1'), 'four');
  expect(tree.overlapping(cidr('::/1'))).toBeUndefined();
  expect(tree.firstFree(cidr('fd00::/16'), 64)).toEqual(cidr('fd00::/64'));
});
