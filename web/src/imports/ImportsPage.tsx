import { Card, List, Tag } from 'antd';
import { useSearchParams } from 'react-router';
import { useTexts } from '../i18n';
import { PageHead } from '../shell/PageHead';
import { Nothing } from '../shell/states';
import { ImportForm } from './ImportForm';
import { ImportResult } from './ImportResult';
import { useRecentImports } from './recent';

/** Brings files in and shows what came of each. The import that is shown is part of the address. */
export default function ImportsPage() {
  const { t, label } = useTexts();
  const [search, setSearch] = useSearchParams();
  const { recent, add } = useRecentImports();
  const shown = search.get('id') ?? undefined;
  const entry = recent.find((other) => other.id === shown);

  return (
    <>
      <PageHead title={t('imports.title')} subtitle={t('imports.intro')} />
      <div className="import-columns">
        <div>
          <Card className="section">
            <ImportForm
              accepted={(taken) => {
                add(taken);
                setSearch({ id: taken.id });
              }}
            />
          </Card>
          {recent.length > 0 && (
            <Card size="small" title={t('imports.recent')}>
              <List
                size="small"
                dataSource={recent}
                rowKey="id"
                renderItem={(item) => (
                  <List.Item style={{ paddingInline: 0 }} extra={item.dryRun && <Tag>{t('imports.dryTag')}</Tag>}>
                    <a
                      href={`/imports?id=${item.id}`}
                      aria-current={item.id === shown}
                      onClick={(event) => {
                        event.preventDefault();
                        setSearch({ id: item.id });
                      }}
                    >
                      {label('importKind', item.kind)} · {item.fileName}
                    </a>
                  </List.Item>
                )}
              />
            </Card>
          )}
        </div>
        <Card title={t('imports.result')}>
          {shown ? <ImportResult key={shown} id={shown} dryRun={entry?.dryRun} /> : <Nothing title={t('imports.none')} />}
        </Card>
      </div>
    </>
  );
}
