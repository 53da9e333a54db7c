import { endpointsIn, socketsIn } from '../../src/kernel/ports/holders.ts';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';

const TCP = `${HEAD}   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1578 1 00000000c61eedd0 100 0 0 10 0
   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1579 1 00000000c61eedd0 100 0 0 10 0
   2: 010200C0:1F90 020200C0:D431 01 00000000:00000000 02:000A7214 00000000    33        0 1580 2 00000000c61eedd0 20 4 30 10 -1
  13: 010200C0:D431 020200C0:1F90 01 00000000:00000000 02:000A7214 00000000    33        0 1580 2 00000000c61eedd0 20 4 30 10 -1
`;

const TCP6 = `${HEAD}   0: B80D0120000000000000000001000000:01BB 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 15 1 0 100 0 0 10 0
   1: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 15 1 0 100 0 0 10 0
   2: 0000000000000000FFFF00000100007F:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     7        0 15 1 0 100 0 0 10 0
   3: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 15 1 0 100 0 0 10 0
`;

const UDP = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  105: 3500007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 11 2 0000000000000000 0
  204: 0F02000A:A2C4 08080808:0035 01 00000000:00000000 00:00000000 00000000   998        0 12 2 0000000000000000 0
`;

const SCTP = ` ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS
00000000f1c2a3b4 00000000e5d6c7b8 2   10  29   3868   998 41200 192.0.2.1 2001:0db8:0000:0000:0000:0000:0000:0001
00000000f1c2a3b5 00000000e5d6c7b9 2   7   30   3869     0 41201 0.0.0.0
`;

const listener = (address: string, userId: number) => ({ address, userId, listens: true });

test('sockets of an IPv4 port: a listener, and a connection that has the same port at this end', () => {
  expect(socketsIn(TCP, 'tcp', 8080)).toEqual([
    listener('127.0.0.1', 1000),
    { address: '192.0.2.1', userId: 33, listens: false },
  ]);
  expect(socketsIn(TCP, 'tcp', 80)).toEqual([listener('0.0.0.0', 0)]);
  expect(socketsIn(TCP, 'tcp', 81)).toEqual([]);
});

test('sockets of an IPv6 port; an IPv4 address among them is itself', () => {
  expect(socketsIn(TCP6, 'tcp', 443)).toEqual([listener('2001:db8::1', 1001)]);
  expect(socketsIn(TCP6, 'tcp', 80)).toEqual([listener('::', 0)]);
  expect(socketsIn(TCP6, 'tcp', 8080)).toEqual([listener('127.0.0.1', 7)]);
  expect(socketsIn(TCP6, 'tcp', 22)).toEqual([listener('::1', 0)]);
});

test('sockets of a UDP port: bound ones, and connections', () => {
  expect(socketsIn(UDP, 'udp', 53)).toEqual([listener('127.0.0.53', 101)]);
  expect(socketsIn(UDP, 'udp', 41_668)).toEqual([{ address: '10.0.2.15', userId: 998, listens: false }]);
});

test('SCTP endpoints that listen, with each of their addresses', () => {
  expect(endpointsIn(SCTP, 3868)).toEqual([listener('192.0.2.1', 998), listener('2001:db8::1', 998)]);
  expect(endpointsIn(SCTP, 3869)).toEqual([]);
});

test('a table that is not there lists nobody', () => {
  expect(socketsIn('', 'tcp', 80)).toEqual([]);
  expect(endpointsIn('', 80)).toEqual([]);
});
