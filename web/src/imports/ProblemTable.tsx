import { Grid, Table } from 'antd';
import type { ImportProblem } from '../api/model';
import { useTexts } from '../i18n';
import { Nothing } from '../shell/states';
import { whereIs, widthOfWhere } from './whereIs';

/** So many problems does the service keep of one import. */
const mostProblems = 2000;
const rowsShown = 50;

/** What is wrong with the file, row by row. */
export function ProblemTable({ problems }: { problems: ImportProblem[] }) {
  const { t } = useTexts();
  const wide = Grid.useBreakpoint().md ?? true;
  if (problems.length === 0) return <Nothing title={t('imports.noneRejected')} />;
  return (
    <Table<ImportProblem>
      size="small"
      rowKey={(row) => `${row.sheet ?? ''}!${row.row}!${row.column}!${row.code}`}
      dataSource={problems}
      pagination={{ pageSize: rowsShown, hideOnSinglePage: true, showSizeChanger: false }}
      {...(problems.length >= mostProblems ? { footer: () => t('imports.problemsCut', { n: mostProblems }) } : {})}
      columns={[
        { title: t('imports.location'), key: 'row', width: widthOfWhere(problems, wide), className: 'figures', render: (_, row) => whereIs(row, t('imports.wholeFile')) },
        ...(wide ? [{ title: t('imports.column'), dataIndex: 'column', width: 130 }] : []),
        {
          title: t('imports.problem'),
          key: 'message',
          render: (_, row) => (
            <span title={row.code}>
              {!wide && row.column && <span className="muted where">{row.column}</span>}
              {row.message}
            </span>
          ),
        },
      ]}
    />
  );
}
