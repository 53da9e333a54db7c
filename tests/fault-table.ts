/** A row of the README's table of faults, and the tests that prove it: all whose names match have to be green. */
export interface Fault {
  readonly fault: string;
  readonly seen: string;
  readonly lost: string;
  readonly back: string;
  readonly suite: 'store' | 'protocol' | 'kernel' | 'faults' | 'e2e';
  readonly tests: RegExp;
}

const NOTHING = 'nothing';

export const FAULTS: readonly Fault[] = [
  {
    fault: 'somebody flushes, deletes, reorders or renames rules, chains, sets, links, addresses or routes of ours',
    seen: 'a line in the log, once; who came in meanwhile and may not is cut',
    lost: 'no permitted connection; a link whose end is deleted needs its container started again',
    back: '2 s',
    suite: 'kernel',
    tests: /all is as before within two seconds|who came in by \w+ while the rules were gone is out again/,
  },
  {
    fault: 'IP forwarding is switched off',
    seen: 'a line in the log',
    lost: 'packets between networks, for so long',
    back: '2 s',
    suite: 'kernel',
    tests: /forwarding( of IPv6)? is switched off: all is as before/,
  },
  {
    fault: 'Docker starts after us, or moves to the other iptables',
    seen: 'a line in the log',
    lost: NOTHING,
    back: '2 s',
    suite: 'kernel',
    tests: /when Docker (starts after us|moves to the legacy backend)|with legacy iptables, whose changes/,
  },
  {
    fault: 'plugin killed at any step of any call',
    seen: 'the call fails; made again it succeeds',
    lost: NOTHING,
    back: 'its start: 0.5 s',
    suite: 'faults',
    tests: /killed (at|after) every step of/,
  },
  {
    fault: 'any command or write fails, once or from then on',
    seen: 'the error, with what failed',
    lost: NOTHING,
    back: 'at once, or by the next sweep (30 s)',
    suite: 'faults',
    tests: /every step failing/,
  },
  {
    fault: '`ip`, `nft`, `ipset`, `conntrack` or `iptables` hang, fail or print garbage',
    seen: 'an error that names the command, within 25 s',
    lost: NOTHING,
    back: 'when they work again',
    suite: 'faults',
    tests: /^(ip|nft|ipset|conntrack|iptables) (hangs|fails|prints garbage)$/,
  },
  {
    fault: 'the disk of the state is full, or read-only; the state is locked',
    seen: 'an error that says so',
    lost: NOTHING,
    back: 'when there is room; a lock: 30 s; read-only: the next start of the plugin',
    suite: 'faults',
    tests: /^a (full disk|state directory that is read-only|state that somebody else has locked)/,
  },
  {
    fault: 'the plugin is out of file descriptors',
    seen: 'an error',
    lost: NOTHING,
    back: 'when there are some',
    suite: 'faults',
    tests: /without a file descriptor to spare/,
  },
  {
    fault: 'the clock is set',
    seen: NOTHING,
    lost: NOTHING,
    back: '-',
    suite: 'faults',
    tests: /a clock that was set (back|on)/,
  },
  {
    fault: 'plugin killed, stopped, disabled and enabled, upgraded, under load',
    seen: 'calls wait or fail meanwhile',
    lost: 'no packet that is permitted; none passes that is denied',
    back: '0.5 s',
    suite: 'e2e',
    tests: /under load/,
  },
  {
    fault: 'plugin dead, hung or disabled during `run`, `stop`, `rm`, `network rm`, or a start of the engine',
    seen: "the engine's error; made again it succeeds",
    lost: 'nothing: addresses, ports and subnets can be had again',
    back: "when the plugin is back; subnets of networks that went meanwhile: the engine's next start",
    suite: 'e2e',
    tests: /the plugin is gone/,
  },
  {
    fault: 'engine killed, with live-restore and without; power cut',
    seen: 'containers come back by their restart policy',
    lost: 'nothing: networks, static addresses, ports; closed before the first packet',
    back: 'before the first container starts',
    suite: 'e2e',
    tests: /closed from the start|power cut/,
  },
  {
    fault: 'a new version of the plugin',
    seen: 'the state is taken over; a copy of the old one is kept beside it',
    lost: 'no packet',
    back: '0.5 s',
    suite: 'faults',
    tests: /version (1|2)\b/,
  },
  {
    fault: 'a state of a newer version, or of another program, or damaged',
    seen: 'every answer says so; the file is not touched',
    lost: 'nothing: traffic goes on',
    back: 'the right version, or a backup',
    suite: 'faults',
    tests: /newer/,
  },
];
