import { AccountBookOutlined, AuditOutlined, DatabaseOutlined, FileProtectOutlined, NotificationOutlined, ProfileOutlined, QrcodeOutlined, QuestionCircleOutlined, TeamOutlined, UploadOutlined, WalletOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';
import type { TextKey } from '../i18n';
import type { Action } from '../session/may';

/** A page of the menu, who may open it, and the pages under it. A resident's own view of a list is no page of the console. */
export interface MenuPage {
  path: string;
  text: TextKey;
  needs: Action;
  staffOnly?: boolean;
  icon?: ReactNode;
  pages?: readonly MenuPage[];
}

/** The pages of the menu, in its order. */
export const menuPages: readonly MenuPage[] = [
  { path: '/campaigns', text: 'nav.campaigns', needs: 'see-campaigns', icon: <NotificationOutlined /> },
  { path: '/desk', text: 'nav.desk', needs: 'take-money', icon: <WalletOutlined /> },
  { path: '/approvals', text: 'nav.approvals', needs: 'see-reports', icon: <AuditOutlined /> },
  { path: '/pay-orders', text: 'nav.payOrders', needs: 'take-money', icon: <QrcodeOutlined /> },
  { path: '/billing', text: 'nav.billing', needs: 'run-billing', icon: <ProfileOutlined /> },
  { path: '/suspense', text: 'nav.suspense', needs: 'take-money', icon: <QuestionCircleOutlined /> },
  { path: '/imports', text: 'nav.imports', needs: 'import', icon: <UploadOutlined /> },
  { path: '/person-matches', text: 'nav.matches', needs: 'import', icon: <TeamOutlined /> },
  { path: '/settlements', text: 'nav.settlements', needs: 'sign-off', icon: <FileProtectOutlined /> },
  {
    path: '/estate',
    text: 'nav.estate',
    needs: 'see-estate',
    icon: <DatabaseOutlined />,
    pages: [
      { path: '/estate/units', text: 'nav.units', needs: 'see-estate' },
      { path: '/estate/vehicles', text: 'nav.vehicles', needs: 'see-estate' },
      { path: '/estate/fee-items', text: 'nav.feeItems', needs: 'see-estate' },
      { path: '/estate/metering', text: 'nav.metering', needs: 'enter-readings' },
      { path: '/estate/meter-readings', text: 'nav.meterReadings', needs: 'see-estate' },
      { path: '/estate/equipment', text: 'nav.equipment', needs: 'see-estate', staffOnly: true },
      { path: '/estate/staff', text: 'nav.staff', needs: 'see-estate', staffOnly: true },
    ],
  },
  {
    path: '/finance',
    text: 'nav.finance',
    needs: 'see-reports',
    icon: <AccountBookOutlined />,
    pages: [
      { path: '/finance/closings', text: 'nav.closings', needs: 'see-reports' },
      { path: '/finance/reports', text: 'nav.reports', needs: 'see-reports' },
      { path: '/finance/opening', text: 'nav.opening', needs: 'see-reports' },
    ],
  },
];

/** The pages that somebody with these rights may open. */
export function pagesFor(may: (action: Action) => boolean, resident: boolean, pages: readonly MenuPage[] = menuPages): MenuPage[] {
  return pages
    .filter((page) => may(page.needs) && !(resident && page.staffOnly))
    .map((page) => (page.pages ? { ...page, pages: pagesFor(may, resident, page.pages) } : page));
}

/** The first page that can be opened, for who has just signed in. */
export function firstPage(pages: readonly MenuPage[]): string | undefined {
  const first = pages[0];
  return first?.pages ? firstPage(first.pages) : first?.path;
}
