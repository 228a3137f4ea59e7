import { lazy, Suspense, type ComponentType, type LazyExoticComponent } from 'react';
import { createBrowserRouter, useLocation } from 'react-router';
import { Home } from './shell/Home';
import { NotFound, PageGuard, PageLoading } from './shell/states';

const LoginPage = lazy(() => import('./session/LoginPage'));
const Shell = lazy(() => import('./shell/Shell').then((module) => ({ default: module.Shell })));
const CampaignsPage = lazy(() => import('./campaigns/CampaignsPage'));
const CampaignPage = lazy(() => import('./campaigns/CampaignPage'));
const CasePage = lazy(() => import('./cases/CasePage'));
const ImportsPage = lazy(() => import('./imports/ImportsPage'));
const AssistantPage = lazy(() => import('./imports/AssistantPage'));
const ImportPage = lazy(() => import('./imports/ImportPage'));
const MatchesPage = lazy(() => import('./matches/MatchesPage'));
const UnitsPage = lazy(() => import('./ledgers/UnitsPage'));
const VehiclesPage = lazy(() => import('./ledgers/VehiclesPage'));
const FeeItemsPage = lazy(() => import('./fees/FeeItemsPage'));
const SettlementsPage = lazy(() => import('./fees/SettlementsPage'));
const MeterReadingsPage = lazy(() => import('./ledgers/MeterReadingsPage'));
const MeteringPage = lazy(() => import('./metering/MeteringPage'));
const SuspensePage = lazy(() => import('./suspense/SuspensePage'));
const EquipmentPage = lazy(() => import('./ledgers/EquipmentPage'));
const StaffPage = lazy(() => import('./ledgers/StaffPage'));
const UnitAccountPage = lazy(() => import('./accounts/AccountPage').then((module) => ({ default: module.UnitAccountPage })));
const DebtorAccountPage = lazy(() => import('./accounts/AccountPage').then((module) => ({ default: module.DebtorAccountPage })));
const StatementPage = lazy(() => import('./accounts/StatementPage'));
const PayOrdersPage = lazy(() => import('./payments/PayOrdersPage'));
const DeskPage = lazy(() => import('./desk/DeskPage'));
const ReceiptBooksPage = lazy(() => import('./books/ReceiptBooksPage'));
const ApprovalsPage = lazy(() => import('./approvals/ApprovalsPage'));
const BillingPage = lazy(() => import('./billing/BillingPage'));
const BillingRunPage = lazy(() => import('./billing/BillingRunPage'));
const PhonePage = lazy(() => import('./phone/PhonePage'));
const ClosingsPage = lazy(() => import('./finance/ClosingsPage'));
const ReportsPage = lazy(() => import('./finance/ReportsPage'));
const OpeningPage = lazy(() => import('./finance/OpeningPage'));

function Guarded({ page: Page }: { page: LazyExoticComponent<ComponentType> }) {
  const { pathname } = useLocation();
  return (
    <PageGuard key={pathname}>
      <Page />
    </PageGuard>
  );
}

function Root({ page: Page }: { page: LazyExoticComponent<ComponentType> }) {
  return (
    <PageGuard>
      <Suspense fallback={<PageLoading />}>
        <Page />
      </Suspense>
    </PageGuard>
  );
}

/** Every address of the console. Each page is loaded when it is first opened. */
export const router = createBrowserRouter([
  { path: '/login', element: <Root page={LoginPage} /> },
  {
    path: '/',
    element: <Root page={Shell} />,
    children: [
      { index: true, element: <Home /> },
      { path: 'desk', element: <Guarded page={DeskPage} /> },
      { path: 'campaigns', element: <Guarded page={CampaignsPage} /> },
      { path: 'campaigns/:id', element: <Guarded page={CampaignPage} /> },
      { path: 'cases/:id', element: <Guarded page={CasePage} /> },
      { path: 'imports', element: <Guarded page={ImportsPage} /> },
      { path: 'imports/new', element: <Guarded page={AssistantPage} /> },
      { path: 'imports/:id', element: <Guarded page={ImportPage} /> },
      { path: 'person-matches', element: <Guarded page={MatchesPage} /> },
      { path: 'estate/units', element: <Guarded page={UnitsPage} /> },
      { path: 'estate/vehicles', element: <Guarded page={VehiclesPage} /> },
      { path: 'estate/fee-items', element: <Guarded page={FeeItemsPage} /> },
      { path: 'settlements', element: <Guarded page={SettlementsPage} /> },
      { path: 'estate/meter-readings', element: <Guarded page={MeterReadingsPage} /> },
      { path: 'estate/metering', element: <Guarded page={MeteringPage} /> },
      { path: 'suspense', element: <Guarded page={SuspensePage} /> },
      { path: 'estate/equipment', element: <Guarded page={EquipmentPage} /> },
      { path: 'estate/staff', element: <Guarded page={StaffPage} /> },
      { path: 'accounts/units/:id', element: <Guarded page={UnitAccountPage} /> },
      { path: 'accounts/debtors/:id', element: <Guarded page={DebtorAccountPage} /> },
      { path: 'accounts/debtors/:id/statement', element: <Guarded page={StatementPage} /> },
      { path: 'pay-orders', element: <Guarded page={PayOrdersPage} /> },
      { path: 'receipt-books', element: <Guarded page={ReceiptBooksPage} /> },
      { path: 'approvals', element: <Guarded page={ApprovalsPage} /> },
      { path: 'billing', element: <Guarded page={BillingPage} /> },
      { path: 'billing/:id', element: <Guarded page={BillingRunPage} /> },
      { path: 'phone', element: <Guarded page={PhonePage} /> },
      { path: 'finance/closings', element: <Guarded page={ClosingsPage} /> },
      { path: 'finance/reports', element: <Guarded page={ReportsPage} /> },
      { path: 'finance/opening', element: <Guarded page={OpeningPage} /> },
      { path: '*', element: <NotFound /> },
    ],
  },
]);
