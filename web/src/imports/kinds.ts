import type { Action } from '../session/may';

/** What a file can hold, in the groups in which the assistant offers it. */
export const kindGroups = [
  { key: 'estate', kinds: ['roster', 'owners', 'tenants', 'vehicles'] },
  { key: 'money', kinds: ['fee_items', 'meter_readings', 'receivables', 'payments', 'bank_statements'] },
  { key: 'service', kinds: ['equipment', 'staff'] },
] as const;

export type Kind = (typeof kindGroups)[number]['kinds'][number];

/** All kinds, in the order in which they are offered. */
export const kinds: readonly Kind[] = kindGroups.flatMap((group): readonly Kind[] => group.kinds);

/** What somebody must be allowed to bring in a file of a kind: money that came in is the desk's. */
const neededFor = (kind: Kind): Action => (kind === 'payments' || kind === 'bank_statements' ? 'take-money' : 'import');

/** The groups of kinds that somebody with these rights may bring in; none is left empty. */
export function groupsFor(may: (action: Action) => boolean): { key: string; kinds: Kind[] }[] {
  return kindGroups
    .map((group) => ({ key: group.key, kinds: group.kinds.filter((kind) => may(neededFor(kind))) }))
    .filter((group) => group.kinds.length > 0);
}

/** Reads a kind from an address or an answer of the service. */
export function kindOf(text: string | null | undefined): Kind | undefined {
  return kinds.find((kind) => kind === text);
}

/** Where to go once a file of a kind is in: texts are `imports.next.<key>`. */
export const nextSteps: Record<Kind, readonly { key: string; path: string }[]> = {
  roster: [
    { key: 'receivables', path: '/imports/new?kind=receivables' },
    { key: 'vehicles', path: '/imports/new?kind=vehicles' },
    { key: 'seeUnits', path: '/estate/units' },
  ],
  owners: [{ key: 'seeUnits', path: '/estate/units' }, { key: 'matches', path: '/person-matches' }],
  tenants: [{ key: 'seeUnits', path: '/estate/units' }, { key: 'matches', path: '/person-matches' }],
  vehicles: [{ key: 'seeVehicles', path: '/estate/vehicles' }],
  fee_items: [{ key: 'seeFeeItems', path: '/estate/fee-items' }, { key: 'receivables', path: '/imports/new?kind=receivables' }],
  bank_statements: [{ key: 'suspense', path: '/suspense' }],
  meter_readings: [{ key: 'seeReadings', path: '/estate/meter-readings' }],
  receivables: [{ key: 'campaign', path: '/campaigns' }, { key: 'payments', path: '/imports/new?kind=payments' }],
  payments: [{ key: 'campaign', path: '/campaigns' }],
  equipment: [{ key: 'seeEquipment', path: '/estate/equipment' }],
  staff: [{ key: 'seeStaff', path: '/estate/staff' }],
};
