import { useMay } from '../session/may';
import { isResident, useSession } from '../session/session';
import { pagesFor, type MenuPage } from './pages';

/** The pages of the menu that the caller may open. */
export function usePages(): MenuPage[] {
  const may = useMay();
  const session = useSession();
  return pagesFor(may, session !== undefined && isResident(session.user));
}
