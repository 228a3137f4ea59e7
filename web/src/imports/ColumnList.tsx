import { Select, Tag } from 'antd';
import { useTexts } from '../i18n';
import { needsLook, type ColumnChoice, type Standing } from './mapping';

const colours: Record<Standing, string> = {
  given: 'blue',
  saved: 'cyan',
  synonym: 'success',
  proposed: 'warning',
  unknown: 'error',
  'left-out': 'default',
  beside: 'default',
  unused: 'default',
};

/** What a header can be chosen to be. */
export interface Target {
  key: string;
  title: string;
  required: boolean;
}

/** The columns of a sheet: header and samples, what each is imported as, and how it was recognised. */
export function ColumnList({ columns, shown, targets, choose }: { columns: ColumnChoice[]; shown: ColumnChoice[]; targets: Target[]; choose: (name: string, value: string) => void }) {
  const { t } = useTexts();
  const holders = new Map(columns.filter((column) => column.value).map((column) => [column.value, column]));
  return (
    <>
      <div className="column-heads" aria-hidden="true">
        <span>{t('imports.headFile')}</span>
        <span>{t('imports.headTarget')}</span>
        <span>{t('imports.headStanding')}</span>
      </div>
      <ul className="column-list" data-testid="columns">
        {shown.map((column) => (
          <Column key={column.name} column={column} targets={targets} holders={holders} choose={choose} />
        ))}
      </ul>
    </>
  );
}

function Column({ column, targets, holders, choose }: { column: ColumnChoice; targets: Target[]; holders: Map<string, ColumnChoice>; choose: (name: string, value: string) => void }) {
  const { t, label } = useTexts();
  const known = targets.some((target) => target.key === column.value);
  const proposedFirst = [...targets].sort((a, b) => Number(b.key === column.proposal?.key) - Number(a.key === column.proposal?.key));
  const options = [
    { value: '', label: t('imports.leaveOut') },
    ...proposedFirst.map((target) => {
      const holder = holders.get(target.key);
      const title = target.required ? t('imports.targetRequired', { title: target.title }) : target.title;
      return { value: target.key, label: holder && holder !== column ? t('imports.targetTaken', { title, header: holder.header }) : title };
    }),
    ...(known || !column.value ? [] : [{ value: column.value, label: column.title }]),
  ];
  return (
    <li data-look={needsLook(column)}>
      <div>
        <div className="column-name">{column.header}</div>
        <div className="column-samples" title={column.samples.join('、')}>
          {column.samples.length > 0 ? t('imports.samples', { samples: column.samples.join('、') }) : t('imports.noSamples')}
        </div>
      </div>
      <div className="column-pick">
        {column.nameless ? (
          <span className="muted">{t('imports.nameless')}</span>
        ) : (
          <Select
            className="full"
            showSearch
            optionFilterProp="label"
            aria-label={t('imports.targetOf', { header: column.header })}
            value={column.standing === 'unknown' || column.proposal ? undefined : column.value}
            placeholder={column.proposal ? t('imports.proposal', { title: column.proposal.title }) : t('imports.undecided')}
            options={options}
            onSelect={(value: string) => choose(column.name, value)}
          />
        )}
      </div>
      <Tag color={colours[column.standing]} data-standing={column.standing} style={{ marginInlineEnd: 0, justifySelf: 'start' }}>
        {label('how', column.standing)}
      </Tag>
    </li>
  );
}
