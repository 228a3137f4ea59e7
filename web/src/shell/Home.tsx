import { Navigate } from 'react-router';
import { useTexts } from '../i18n';
import { useMe } from '../session/may';
import { firstPage } from './pages';
import { Failure, Nothing, PageLoading } from './states';
import { usePages } from './usePages';

/** Leads to the first page that the caller may open; waits until the service has said what that is. */
export function Home() {
  const { t } = useTexts();
  const me = useMe();
  const first = firstPage(usePages());
  if (me.error) return <Failure cause={me.error} retry={() => void me.refetch()} />;
  if (me.isPending) return <PageLoading />;
  if (first) return <Navigate to={first} replace />;
  return <Nothing title={t('home.nothing')} hint={t('home.nothingHint')} />;
}
