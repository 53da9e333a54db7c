import { etherTypes } from '../../../src/driver/ether-types.ts';

test.each([
  ['', []],
  ['0x88cc', [0x88cc]],
  ['0x88CC, 34962', [0x88cc, 0x8892]],
  ['0x88cc,35020', [0x88cc]],
  ['0x0600,0xffff', [0x0600, 0xffff]],
])('"%s" is decoded', (text, types) => {
  expect(etherTypes(text)).toEqual(types);
});

test.each([
  ['lldp', /numbers from 0x0600 to 0xffff, as in 0x88cc,0x8892; not "lldp"/],
  ['88cc', /not "88cc"/],
  ['0x88cc;0x8892', /not "0x88cc;0x8892"/],
  ['0x05ff', /not "0x05ff"/],
  ['65536', /not "65536"/],
  ['-1', /not "-1"/],
  ['0x88cc,0x0800', /need not list 0x0800: IPv4, ARP and IPv6 pass already/],
  ['0x86dd', /pass already/],
  ['2054', /need not list 2054/],
])('"%s" is refused', (text, why) => {
  expect(() => etherTypes(text)).toThrow(why);
});

test.each(['0x8100', '0x88a8', '0x9100', '0x9200', '0x9300', '0x8847', '0x8848', '0x8863', '0x8864', '33024'])(
  '"%s" is refused, as IP would travel in it past the rules',
  (text) => {
    expect(() => etherTypes(text)).toThrow(/VLAN tags, MPLS and PPPoE would carry IP past the rules/);
  },
);
