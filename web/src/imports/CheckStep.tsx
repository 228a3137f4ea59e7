import { Alert, Button, Card, Radio } from 'antd';
import { useState } from 'react';
import type { ImportJob } from '../api/model';
import { useTexts } from '../i18n';
import { Failure } from '../shell/states';
import { submitImport, useImport, type Subject } from './data';
import type { Draft } from './draft';
import { ImportOutcome } from './ImportOutcome';
import { useSettling } from './settling';

interface Props {
  draft: Draft;
  subject: Subject;
  change: (part: Partial<Draft>) => void;
  back: () => void;
  restart: () => void;
  next: () => void;
}

/** The third step: what the import would do, and the decision to do it with the very same file and columns. */
export function CheckStep({ draft, subject, change, back, restart, next }: Props) {
  const settling = useSettling(draft, subject);
  const stale = draft.checked === undefined || (settling.first !== undefined && draft.checked.ask !== settling.ask);
  const again = async () => {
    const { id } = await submitImport(subject, { mapping: settling.mapping, dryRun: true, partial: false, saveMapping: false });
    change({ checked: { id, ask: settling.ask }, partial: false });
  };
  if (stale || !draft.checked) return <Stale waiting={settling.waiting} back={back} again={again} />;
  const start = async () => {
    const partial = draft.partial;
    const saveMapping = draft.remember && Object.keys(settling.mapping).length > 0;
    const { id } = await submitImport(subject, { mapping: settling.mapping, dryRun: false, partial, saveMapping });
    change({ started: { id, ask: settling.ask } });
    next();
  };
  return (
    <Card>
      <ImportOutcome key={draft.checked.id} id={draft.checked.id} />
      <Decision id={draft.checked.id} draft={draft} change={change} back={back} restart={restart} next={next} start={start} again={again} ready={settling.first !== undefined} />
    </Card>
  );
}

function Stale({ waiting, back, again }: { waiting: boolean; back: () => void; again: () => Promise<void> }) {
  const { t } = useTexts();
  return (
    <Card>
      <Alert type="info" showIcon role="status" message={t('imports.checkStale')} />
      <Foot back={back} waiting={waiting} act={{ text: t('imports.checkAgain'), run: again }} />
    </Card>
  );
}

interface DecisionProps {
  id: string;
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  back: () => void;
  restart: () => void;
  next: () => void;
  start: () => Promise<void>;
  again: () => Promise<void>;
  ready: boolean;
}

function Decision({ id, draft, change, back, restart, next, start, again, ready }: DecisionProps) {
  const { t } = useTexts();
  const { data: job } = useImport(id);
  if (!job || job.status === 'running') return <Foot back={back} />;
  if (draft.started && draft.started.ask === draft.checked?.ask) return <Foot back={back} act={{ text: t('imports.toResult'), run: async () => next() }} />;
  const writes = writesOf(job);
  const good = writes + job.unchanged;
  const otherFile = { text: t('imports.fileAgain'), run: async () => restart() };
  if (unusable(job)) return <Foot back={back} again={again} act={otherFile} />;
  if (writes === 0 && job.rejected === 0) return <Foot back={back} note={t('imports.nothingToWrite')} />;
  const choosable = job.rejected > 0 && good > 0;
  return (
    <>
      {choosable && (
        <Alert
          type="warning"
          role="group"
          aria-labelledby="partial-title"
          className="section"
          message={<strong id="partial-title">{t('imports.partialTitle', { n: job.rejected })}</strong>}
          description={
            <Radio.Group
              aria-labelledby="partial-title"
              style={{ display: 'grid', gap: 6, marginTop: 4 }}
              value={draft.partial}
              onChange={(event) => change({ partial: event.target.value as boolean })}
              options={[
                { value: false, label: t('imports.partialNo') },
                { value: true, label: t('imports.partialYes', { bad: job.rejected, good }) },
              ]}
            />
          }
        />
      )}
      {job.rejected > 0 && !draft.partial ? (
        <Foot back={back} again={again} act={otherFile} />
      ) : (
        <Foot back={back} waiting={!ready} act={{ text: t('imports.submitRows', { n: writes }), run: start }} />
      )}
    </>
  );
}

const writesOf = (job: ImportJob) => job.created + job.updated;
const unusable = (job: ImportJob) => job.status === 'failed' || (writesOf(job) === 0 && job.unchanged === 0);

interface Act {
  text: string;
  run: () => Promise<void>;
}

/** The way back and the one thing to do next; a refusal is shown above them. */
function Foot({ back, act, again, note, waiting = false }: { back: () => void; act?: Act; again?: () => Promise<void>; note?: string; waiting?: boolean }) {
  const { t } = useTexts();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const attempt = async (run: () => Promise<void>) => {
    setBusy(true);
    setFailure(undefined);
    try {
      await run();
    } catch (cause) {
      setFailure(cause);
    }
    setBusy(false);
  };
  return (
    <>
      {note && <Alert className="section" type="info" showIcon role="status" message={note} />}
      {failure !== undefined && <Failure cause={failure} />}
      <div className="assistant-foot">
        <Button onClick={back}>{t('imports.backToColumns')}</Button>
        {again && (
          <Button loading={busy} onClick={() => void attempt(again)}>
            {t('imports.checkAgain')}
          </Button>
        )}
        <span className="spring" />
        {act && (
          <Button type="primary" disabled={waiting} loading={busy} onClick={() => void attempt(act.run)}>
            {act.text}
          </Button>
        )}
      </div>
    </>
  );
}
