import { type AttackStage, raiseAttackStage } from '../support/attack-stage.ts';
import { borrowed } from './attacks/borrowed.ts';
import { deliveries } from './attacks/deliveries.ts';
import { discovery } from './attacks/discovery.ts';
import { etherTypes } from './attacks/ether-types.ts';
import { fragments } from './attacks/fragments.ts';
import { listenerReports } from './attacks/listener-reports.ts';
import { ordinary } from './attacks/ordinary.ts';
import { routes } from './attacks/routes.ts';
import { spoofing } from './attacks/spoofing.ts';

/*
 * What a container, the uplink or another bridge may try, on both iptables backends and in both families. Each attack is
 * proven blocked by honest frames that follow it and arrive. What must pass stands beside: a host that blocks everything
 * would fail here.
 */

describe.each(['nft', 'legacy'] as const)('with iptables-%s', (backend) => {
  let raised: AttackStage;
  const stage = () => raised;
  beforeAll(async () => {
    raised = await raiseAttackStage(backend);
  });
  afterAll(() => raised[Symbol.asyncDispose]());

  describe('what passes', () => ordinary(stage));
  describe('false addresses', () => spoofing(stage));
  describe('false neighbours and servers', () => discovery(stage));
  describe('frames that are no plain IP', () => etherTypes(stage));
  describe('frames for somebody else', () => deliveries(stage));
  describe('addresses of ours from elsewhere', () => borrowed(stage));
  describe('payloads in messages that always pass', () => listenerReports(stage));
  describe('fragments', () => fragments(stage));
  describe('ways round', () => routes(stage));
});
