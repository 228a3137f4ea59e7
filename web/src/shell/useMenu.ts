import { useMay } from '../session/may';
import { isResident, useSession } from '../session/session';
import { entriesFor, type MenuEntry } from './pages';

/** The entries of the menu that the caller may open. */
export function useMenu(): MenuEntry[] {
  const may = useMay();
  const session = useSession();
  return entriesFor(may, session !== undefined && isResident(session.user));
}
