import { Tabs } from 'antd';
import type { ImportJob } from '../api/model';
import { useTexts } from '../i18n';
import { useEffects } from './data';
import { EffectTable } from './EffectTable';
import { ProblemTable } from './ProblemTable';

/** The rows of an import by what becomes of them. What wants a person's eye stands first. */
export function OutcomeTabs({ job }: { job: ImportJob }) {
  const { t } = useTexts();
  const doubtful = useEffects(job.id, 'doubtful');
  const doubts = doubtful.data ? `${(doubtful.data.items ?? []).length}${doubtful.data.next_cursor ? '+' : ''}` : '…';
  const problems = job.problems ?? [];
  const number = (n: number) => n.toLocaleString('zh-CN');
  const tabs = [
    { key: 'rejected', label: `${t('imports.rejected')} ${number(Math.max(job.rejected, problems.length > 0 ? 1 : 0))}`, children: <ProblemTable problems={problems} /> },
    { key: 'updated', label: `${t('imports.updated')} ${number(job.updated)}`, children: <EffectTable id={job.id} outcome="updated" /> },
    { key: 'doubtful', label: `${t('imports.doubtful')} ${doubts}`, children: <EffectTable id={job.id} outcome="doubtful" /> },
    { key: 'created', label: `${t('imports.created')} ${number(job.created)}`, children: <EffectTable id={job.id} outcome="created" /> },
  ];
  const first = problems.length > 0 ? 'rejected' : job.updated > 0 ? 'updated' : job.created > 0 ? 'created' : 'rejected';
  return <Tabs className="section" defaultActiveKey={first} items={tabs} destroyOnHidden />;
}
