import { Alert, Button, Card, Checkbox, Skeleton, Spin } from 'antd';
import { useState } from 'react';
import type { Inspection } from '../api/model';
import { useTexts } from '../i18n';
import { Failure } from '../shell/states';
import { submitImport, type Subject } from './data';
import type { Draft } from './draft';
import { kindOf, type Kind } from './kinds';
import { sheetsToSettle, withChoice } from './mapping';
import { NoticeList } from './NoticeList';
import { useSettling, type Settling } from './settling';
import { SheetChoice } from './SheetChoice';
import { SheetColumns } from './SheetColumns';

interface Props {
  draft: Draft;
  subject: Subject;
  change: (part: Partial<Draft>) => void;
  back: () => void;
  next: () => void;
}

/** The second step: which sheet is read, and what every column is imported as. */
export function ColumnsStep(props: Props) {
  const settling = useSettling(props.draft, props.subject);
  const { first, seen, error } = settling;
  if (!first || !seen) return <Card>{error ? <Failure cause={error} retry={settling.again} /> : <Skeleton active />}</Card>;
  return <Loaded {...props} settling={settling} first={first} seen={seen} />;
}

function Loaded({ draft, subject, change, back, next, settling, first, seen }: Props & { settling: Settling; first: Inspection; seen: Inspection }) {
  const { t, label } = useTexts();
  const sheets = sheetsToSettle(seen);
  const pick = (name: string, value: string) => {
    const found = first.sheets?.flatMap((sheet) => sheet.columns ?? []).find((column) => column.header === name);
    change({ chosen: { ...draft.chosen, [subject.kind]: withChoice(settling.chosen, name, value, found) } });
  };
  return (
    <Card>
      {settling.error && (
        <div className="section">
          <Failure cause={settling.error} retry={settling.again} />
        </div>
      )}
      <OtherKind seen={seen} change={change} />
      <SheetChoice sheets={seen.sheets ?? []} clear={(seen.problems ?? []).length === 0} value={draft.sheet} choose={(sheet) => change({ sheet })} />
      <ReadingProblems seen={seen} />
      <Spin spinning={settling.waiting} delay={400}>
        {sheets.map((sheet) => (
          <SheetColumns key={sheet.name} sheet={sheet} first={first} seen={seen} settling={settling} several={sheets.length > 1} choose={pick} />
        ))}
      </Spin>
      <NoticeList notices={(seen.notices ?? []).filter((notice) => notice.code !== 'unknown-column')} />
      {Object.keys(settling.mapping).length > 0 && (
        <div style={{ marginTop: 14 }}>
          <Checkbox checked={draft.remember} onChange={(event) => change({ remember: event.target.checked })}>
            {t('imports.remember')}
          </Checkbox>
          <div className="muted" style={{ paddingLeft: 24 }}>
            {t('imports.rememberHint', { community: subject.community.trim(), kind: label('importKind', subject.kind) })}
          </div>
        </div>
      )}
      <TryOut draft={draft} subject={subject} change={change} back={back} next={next} settling={settling} blocked={(seen.problems ?? []).length > 0} />
    </Card>
  );
}

/** Starts the dry run and goes on; one that was made of the very same is shown again. */
function TryOut({ draft, subject, change, back, next, settling, blocked }: Props & { settling: Settling; blocked: boolean }) {
  const { t } = useTexts();
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const go = async () => {
    if (draft.checked?.ask === settling.ask) return next();
    setSending(true);
    setFailure(undefined);
    try {
      const { id } = await submitImport(subject, { mapping: settling.mapping, dryRun: true, partial: false, saveMapping: false });
      change({ checked: { id, ask: settling.ask }, partial: false });
      next();
    } catch (cause) {
      setFailure(cause);
    }
    setSending(false);
  };
  return (
    <>
      {failure !== undefined && (
        <div style={{ marginTop: 16 }}>
          <Failure cause={failure} />
        </div>
      )}
      <div className="assistant-foot">
        <Button onClick={back}>{t('imports.backToFile')}</Button>
        <span className="spring" />
        <Button type="primary" loading={sending} disabled={blocked || settling.waiting} onClick={() => void go()}>
          {t('imports.toCheck')}
        </Button>
      </div>
    </>
  );
}

/** The kind that the file looks like, where none of it is read as the kind that was asked for. */
function otherKind(seen: Inspection): Kind | undefined {
  const sheets = seen.sheets ?? [];
  if (sheets.some((sheet) => sheet.used)) return undefined;
  return kindOf(sheets.find((sheet) => kindOf(sheet.looks_like) && sheet.looks_like !== seen.kind)?.looks_like);
}

function OtherKind({ seen, change }: { seen: Inspection; change: (part: Partial<Draft>) => void }) {
  const { t, label } = useTexts();
  const other = otherKind(seen);
  if (!other) return null;
  const kind = label('importKind', other);
  return (
    <Alert
      className="section"
      type="warning"
      showIcon
      role="status"
      message={t('imports.otherKind', { kind })}
      action={
        <Button size="small" onClick={() => change({ kind: other, sheet: undefined })}>
          {t('imports.otherKindSwitch', { kind })}
        </Button>
      }
    />
  );
}

/** What keeps the file from being read, apart from what is said elsewhere: columns missing in a sheet, and another kind. */
function ReadingProblems({ seen }: { seen: Inspection }) {
  const missing = new Set((seen.sheets ?? []).flatMap((sheet) => (sheet.missing ?? []).map((column) => column.title)));
  const other = otherKind(seen) !== undefined;
  const problems = (seen.problems ?? []).filter(
    (problem) => !(problem.code === 'missing-column' && missing.has(problem.column)) && !(problem.code === 'looks-like-other-kind' && other),
  );
  if (problems.length === 0) return null;
  return <Alert className="section" type="error" showIcon role="alert" message={problems.map((problem, i) => <div key={i}>{problem.message}</div>)} />;
}
