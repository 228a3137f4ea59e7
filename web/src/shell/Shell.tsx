import { ApiOutlined, LogoutOutlined, MenuOutlined, MobileOutlined, UserOutlined } from '@ant-design/icons';
import { Button, Drawer, Dropdown, Grid, Layout, Menu, Tooltip, type MenuProps } from 'antd';
import { Suspense, useState } from 'react';
import { Navigate, NavLink, Outlet, useLocation } from 'react-router';
import { useTexts } from '../i18n';
import { BusinessClock } from '../live/BusinessClock';
import { LiveUpdates, useLive } from '../live/LiveUpdates';
import { useDemo } from '../session/demo';
import { useMay } from '../session/may';
import { leftByChoice, useSession } from '../session/session';
import { signOut } from '../session/signIn';
import { LanguageButton } from './LanguageButton';
import { pagesOf, type MenuEntry, type MenuPage } from './pages';
import { PageLoading } from './states';
import { useMenu } from './useMenu';

type MenuItem = NonNullable<MenuProps['items']>[number];

const phonePage: MenuPage = { path: '/phone', text: 'nav.phone', needs: 'see-campaigns', icon: <MobileOutlined /> };

/** The frame of every page behind the sign-in: navigation, business clock, live state and the user. */
export function Shell() {
  const session = useSession();
  const location = useLocation();
  if (!session) return <Navigate to="/login" replace state={leftByChoice() ? null : { from: location.pathname + location.search }} />;
  return (
    <LiveUpdates key={session.user.id}>
      <Frame />
    </LiveUpdates>
  );
}

function Frame() {
  const { t } = useTexts();
  const wide = Grid.useBreakpoint().lg ?? true;
  const [menuOpen, setMenuOpen] = useState(false);
  const brand = (
    <div className="brand">
      <img src="/favicon.svg" alt="" />
      {t('app.name')}
    </div>
  );
  return (
    <Layout className="shell" hasSider>
      <a className="skip" href="#content">
        {t('nav.skip')}
      </a>
      {wide && (
        <Layout.Sider width={208} className="shell-sider" theme="light">
          {brand}
          <Navigation />
        </Layout.Sider>
      )}
      <Layout>
        <Layout.Header className="shell-header">
          {!wide && <Button type="text" icon={<MenuOutlined />} aria-label={t('nav.menu')} onClick={() => setMenuOpen(true)} />}
          <BusinessClock />
          <LiveDot />
          <span className="spring" />
          <LanguageButton />
          <UserMenu />
        </Layout.Header>
        <Layout.Content id="content" className="shell-content" tabIndex={-1} role="main">
          <Suspense fallback={<PageLoading />}>
            <Outlet />
          </Suspense>
        </Layout.Content>
      </Layout>
      <Drawer open={menuOpen && !wide} onClose={() => setMenuOpen(false)} placement="left" width={248} title={brand} styles={{ body: { padding: 0 }, header: { padding: 0 } }} closable={false}>
        <Navigation onChoose={() => setMenuOpen(false)} />
      </Drawer>
    </Layout>
  );
}

function Navigation({ onChoose }: { onChoose?: () => void }) {
  const { t } = useTexts();
  const { pathname } = useLocation();
  const demo = useDemo();
  const may = useMay();
  const menu = useMenu();
  const entries: MenuEntry[] = [...menu, ...(demo && may(phonePage.needs) ? [phonePage] : [])];
  const here = pathname.startsWith('/cases') ? '/campaigns' : pathname.startsWith('/accounts') ? '/estate/units' : pagesOf(entries).find((page) => pathname.startsWith(page.path))?.path;
  const group = entries.find((one) => 'pages' in one && one.pages.some((page) => page.path === here))?.path;
  const [opened, setOpened] = useState<string[]>();
  const [within, setWithin] = useState<string>();
  if (group && group !== within) {
    setWithin(group);
    setOpened((before) => [...new Set([...(before ?? ['taking', 'charging']), group])]);
  }
  const leaf = (page: MenuPage): MenuItem => ({ key: page.path, icon: page.icon, label: <NavLink to={page.path}>{t(page.text)}</NavLink> });
  const entry = (one: MenuEntry): MenuItem => ('pages' in one ? { key: one.path, icon: one.icon, label: t(one.text), children: one.pages.map(leaf) } : leaf(one));
  return (
    <nav aria-label={t('nav.main')}>
      <Menu
        className="shell-menu"
        mode="inline"
        selectedKeys={here ? [here] : []}
        openKeys={opened ?? ['taking', 'charging']}
        onOpenChange={setOpened}
        onClick={onChoose}
        items={[
          ...entries.map(entry),
          {
            key: 'docs',
            icon: <ApiOutlined />,
            label: (
              <a href="/docs" target="_blank" rel="noreferrer">
                {t('nav.docs')}
              </a>
            ),
          },
        ]}
      />
    </nav>
  );
}

function LiveDot() {
  const { t } = useTexts();
  const live = useLive();
  const text = t(live ? 'live.on' : 'live.off');
  return (
    <Tooltip title={text}>
      <span className={live ? 'live-dot on' : 'live-dot'} role="status" aria-label={text} />
    </Tooltip>
  );
}

function UserMenu() {
  const { t, label } = useTexts();
  const session = useSession();
  const compact = !(Grid.useBreakpoint().sm ?? true);
  if (!session) return null;
  const roles = [...new Set((session.user.roles ?? []).map((grant) => label('role', grant.role)))].join('、');
  const name = session.user.name || session.user.login;
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        items: [
          ...(roles ? [{ key: 'roles', label: roles, disabled: true }] : []),
          { key: 'out', icon: <LogoutOutlined />, label: t('session.out'), onClick: () => void signOut() },
        ],
      }}
    >
      <Button type="text" icon={<UserOutlined />} aria-label={name}>
        {compact ? null : name}
      </Button>
    </Dropdown>
  );
}
