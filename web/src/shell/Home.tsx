import { Navigate } from 'react-router';
import { useTexts } from '../i18n';
import { useMe } from '../session/may';
import { pagesOf } from './pages';
import { Failure, Nothing, PageLoading } from './states';
import { useMenu } from './useMenu';

/** Leads to the first page that the caller may open; waits until the service has said what that is. */
export function Home() {
  const { t } = useTexts();
  const me = useMe();
  const first = pagesOf(useMenu())[0];
  if (me.error) return <Failure cause={me.error} retry={() => void me.refetch()} />;
  if (me.isPending) return <PageLoading />;
  if (first) return <Navigate to={first.path} replace />;
  return <Nothing title={t('home.nothing')} hint={t('home.nothingHint')} />;
}
