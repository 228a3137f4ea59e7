import { lazy, Suspense, type ComponentType, type LazyExoticComponent } from 'react';
import { createBrowserRouter, Navigate, useLocation } from 'react-router';
import { NotFound, PageGuard, PageLoading } from './shell/states';

const LoginPage = lazy(() => import('./session/LoginPage'));
const Shell = lazy(() => import('./shell/Shell').then((module) => ({ default: module.Shell })));
const CampaignsPage = lazy(() => import('./campaigns/CampaignsPage'));
const CampaignPage = lazy(() => import('./campaigns/CampaignPage'));
const CasePage = lazy(() => import('./cases/CasePage'));
const ImportsPage = lazy(() => import('./imports/ImportsPage'));
const PhonePage = lazy(() => import('./phone/PhonePage'));

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
      { index: true, element: <Navigate to="/campaigns" replace /> },
      { path: 'campaigns', element: <Guarded page={CampaignsPage} /> },
      { path: 'campaigns/:id', element: <Guarded page={CampaignPage} /> },
      { path: 'cases/:id', element: <Guarded page={CasePage} /> },
      { path: 'imports', element: <Guarded page={ImportsPage} /> },
      { path: 'phone', element: <Guarded page={PhonePage} /> },
      { path: '*', element: <NotFound /> },
    ],
  },
]);
