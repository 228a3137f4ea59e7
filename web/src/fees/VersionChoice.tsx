import { useQueries } from '@tanstack/react-query';
import { Select } from 'antd';
import { api, body } from '../api/client';
import { useFeeItems } from '../desk/data';
import { useTexts } from '../i18n';

/** The versions of a community's fee items that a settlement can name. An item of which none is chosen is not billed. */
export function VersionChoice({ communityId, value, onChange }: { communityId: string; value?: string[]; onChange?: (ids: string[]) => void }) {
  const { t, label } = useTexts();
  const items = useFeeItems(communityId).data?.items ?? [];
  const details = useQueries({
    queries: items.map((item) => ({
      queryKey: ['community', 'fee-item', item.id],
      queryFn: () => body(api.GET('/api/v1/fee-items/{id}', { params: { path: { id: item.id } } })),
    })),
  });
  const options = details.flatMap(({ data }) =>
    data
      ? [
          {
            label: data.name,
            options: (data.versions ?? []).map((version) => ({
              value: version.id,
              label: t('settlements.versionOf', { item: data.name, no: version.version, from: version.from ?? '—', formula: label('formula', version.formula) }),
            })),
          },
        ]
      : [],
  );
  return (
    <Select
      mode="multiple"
      allowClear
      optionFilterProp="label"
      placeholder={t('settlements.versionsAll')}
      loading={details.some((one) => one.isPending)}
      value={value ?? []}
      options={options}
      {...(onChange ? { onChange } : {})}
    />
  );
}
