/** What a file can hold, in the groups in which the assistant offers it. */
export const kindGroups = [
  { key: 'estate', kinds: ['roster', 'owners', 'tenants', 'vehicles'] },
  { key: 'money', kinds: ['fee_items', 'meter_readings', 'receivables', 'payments', 'bank_statements'] },
  { key: 'service', kinds: ['equipment', 'staff'] },
] as const;

export type Kind = (typeof kindGroups)[number]['kinds'][number];

/** All kinds, in the order in which they are offered. */
export const kinds: readonly Kind[] = kindGroups.flatMap((group): readonly Kind[] => group.kinds);

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
