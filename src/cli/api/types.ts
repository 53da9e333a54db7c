import type * as health from '../../protocol/admin/health-schemas.ts';
import type * as host from '../../protocol/admin/host-schemas.ts';
import type * as schemas from '../../protocol/admin/schemas.ts';

/** The admin API's words as types alone: the command line trusts what the plugin answers, and carries no validator. */
type Said<Schema extends { _zod: { output: unknown } }> = Schema['_zod']['output'];

export type Rule = Said<typeof schemas.Rule>;
export type RuleBody = Said<typeof schemas.RuleBody>;
export type Group = Said<typeof schemas.Group>;
export type GroupBody = Said<typeof schemas.GroupBody>;
export type Counters = Said<typeof schemas.Counters>;
export type List = Said<typeof schemas.List>;
export type Endpoint = Said<typeof schemas.Endpoint>;
export type Network = Said<typeof schemas.Network>;
export type Pool = Said<typeof schemas.Pool>;
export type Port = Said<typeof schemas.Port>;
export type PolicyDocument = Said<typeof schemas.PolicyDocument>;
export type PolicyChange = Said<typeof schemas.PolicyChange>;
export type Plan = Said<typeof schemas.Plan>;
export type ExplainBody = Said<typeof schemas.ExplainBody>;
export type Explanation = Said<typeof schemas.Explanation>;
export type Host = Said<typeof host.Host>;
export type Health = Said<typeof health.Health>;
export type NotServing = Said<typeof health.NotServing>;
export type Status = Said<typeof schemas.Status>;
export type DeniedPacket = Said<typeof schemas.DeniedPacket>;
export type Failure = Said<typeof schemas.Failure>;
