import { AccountBookOutlined, DatabaseOutlined, NotificationOutlined, ProfileOutlined, UploadOutlined, WalletOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';
import type { TextKey } from '../i18n';
import type { Action } from '../session/may';

/** A page of the menu and who may open it. A resident's own view of a list is no page of the console. */
export interface MenuPage {
  path: string;
  text: TextKey;
  needs: Action;
  /** Another right that opens it as well. */
  orNeeds?: Action;
  staffOnly?: boolean;
  icon?: ReactNode;
}

/** Pages under one heading, which is shown to whoever may open one of them. */
export interface MenuGroup {
  path: string;
  text: TextKey;
  icon: ReactNode;
  pages: readonly MenuPage[];
}

export type MenuEntry = MenuPage | MenuGroup;

/** The entries of the menu, in its order. */
export const menuEntries: readonly MenuEntry[] = [
  { path: '/campaigns', text: 'nav.campaigns', needs: 'see-campaigns', icon: <NotificationOutlined /> },
  {
    path: 'taking',
    text: 'nav.taking',
    icon: <WalletOutlined />,
    pages: [
      { path: '/desk', text: 'nav.desk', needs: 'take-money' },
      { path: '/pay-orders', text: 'nav.payOrders', needs: 'take-money' },
      { path: '/suspense', text: 'nav.suspense', needs: 'take-money' },
      { path: '/approvals', text: 'nav.approvals', needs: 'see-reports' },
      { path: '/receipt-books', text: 'nav.receiptBooks', needs: 'take-money' },
    ],
  },
  {
    path: 'charging',
    text: 'nav.charging',
    icon: <ProfileOutlined />,
    pages: [
      { path: '/billing', text: 'nav.billing', needs: 'run-billing' },
      { path: '/estate/metering', text: 'nav.metering', needs: 'enter-readings' },
      { path: '/estate/meter-readings', text: 'nav.meterReadings', needs: 'see-estate' },
      { path: '/estate/fee-items', text: 'nav.feeItems', needs: 'see-estate' },
      { path: '/settlements', text: 'nav.settlements', needs: 'sign-off' },
    ],
  },
  {
    path: 'finance',
    text: 'nav.finance',
    icon: <AccountBookOutlined />,
    pages: [
      { path: '/finance/closings', text: 'nav.closings', needs: 'see-reports' },
      { path: '/finance/reports', text: 'nav.reports', needs: 'see-reports' },
      { path: '/finance/opening', text: 'nav.opening', needs: 'see-reports' },
    ],
  },
  {
    path: 'estate',
    text: 'nav.estate',
    icon: <DatabaseOutlined />,
    pages: [
      { path: '/estate/units', text: 'nav.units', needs: 'see-estate' },
      { path: '/estate/vehicles', text: 'nav.vehicles', needs: 'see-estate' },
      { path: '/person-matches', text: 'nav.matches', needs: 'import' },
      { path: '/estate/equipment', text: 'nav.equipment', needs: 'see-estate', staffOnly: true },
      { path: '/estate/staff', text: 'nav.staff', needs: 'see-estate', staffOnly: true },
    ],
  },
  { path: '/imports', text: 'nav.imports', needs: 'import', orNeeds: 'take-money', icon: <UploadOutlined /> },
];

/** The entries that somebody with these rights may open; a heading with nothing under it is left out. */
export function entriesFor(may: (action: Action) => boolean, resident: boolean): MenuEntry[] {
  const open = (page: MenuPage) => (may(page.needs) || (page.orNeeds !== undefined && may(page.orNeeds))) && !(resident && page.staffOnly);
  return menuEntries.flatMap((entry): MenuEntry[] => {
    if (!('pages' in entry)) return open(entry) ? [entry] : [];
    const pages = entry.pages.filter(open);
    return pages.length > 0 ? [{ ...entry, pages }] : [];
  });
}

/** Every page of these entries, in their order. */
export const pagesOf = (entries: readonly MenuEntry[]): MenuPage[] => entries.flatMap((entry): readonly MenuPage[] => ('pages' in entry ? entry.pages : [entry]));
