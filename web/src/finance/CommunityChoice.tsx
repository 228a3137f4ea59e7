import { Select } from 'antd';
import { useSearchParams } from 'react-router';
import { useCommunities } from '../campaigns/data';
import { useTexts } from '../i18n';

/** The community that a page is about: the one in the address, or the first that the caller knows. */
export function useChosenCommunity() {
  const [address, setAddress] = useSearchParams();
  const known = useCommunities().data?.items ?? [];
  const chosen = address.get('community') ?? known[0]?.id;
  const choose = (id: string) =>
    setAddress((before) => {
      const next = new URLSearchParams(before);
      next.set('community', id);
      return next;
    });
  return { chosen, name: known.find((one) => one.id === chosen)?.name ?? '', known, choose };
}

/** The field in which the community is chosen. */
export function CommunityChoice({ community }: { community: ReturnType<typeof useChosenCommunity> }) {
  const { t } = useTexts();
  return (
    <Select
      aria-label={t('finance.community')}
      style={{ width: 200 }}
      showSearch
      optionFilterProp="label"
      placeholder={t('finance.community')}
      {...(community.chosen ? { value: community.chosen } : {})}
      onChange={community.choose}
      options={community.known.map((one) => ({ value: one.id, label: one.name }))}
    />
  );
}
