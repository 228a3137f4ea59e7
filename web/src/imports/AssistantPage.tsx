import { Steps } from 'antd';
import { useEffect, useRef } from 'react';
import { Navigate, useNavigate, useSearchParams } from 'react-router';
import { Problem } from '../api/problem';
import { useTexts } from '../i18n';
import { useMay } from '../session/may';
import { PageHead } from '../shell/PageHead';
import { Failure } from '../shell/states';
import { CheckStep } from './CheckStep';
import { ColumnsStep } from './ColumnsStep';
import { useDraft } from './draft';
import { FileStep } from './FileStep';
import './imports.css';
import { groupsFor, kindOf } from './kinds';
import { ResultStep } from './ResultStep';

const steps = ['file', 'columns', 'check', 'result'] as const;
type Step = (typeof steps)[number];

/** Leads a file from the choice of what it is to its result. The step is part of the address; what was entered is kept between steps. */
export default function AssistantPage() {
  const { t } = useTexts();
  const may = useMay();
  return (
    <>
      <PageHead title={t('imports.assistant')} back="/imports" />
      {groupsFor(may).length > 0 ? <Assistant /> : <Failure cause={new Problem(403)} />}
    </>
  );
}

function Assistant() {
  const { t } = useTexts();
  const navigate = useNavigate();
  const [search, setSearch] = useSearchParams();
  const [draft, change] = useDraft();
  const may = useMay();
  const offered = groupsFor(may).flatMap((group) => group.kinds);
  const [first] = offered;
  const asked = kindOf(search.get('kind'));
  const step = steps.find((one) => one === search.get('step')) ?? 'file';
  const over = draft.started !== undefined;
  const top = useRef<HTMLDivElement>(null);

  // A new start keeps the community: the next file is mostly for the same one.
  useEffect(() => {
    if (step !== 'file' || !(asked || over)) return;
    change({ file: undefined, sheet: undefined, checked: undefined, started: undefined, partial: false, ...(asked ? { kind: asked } : {}) });
    if (asked) setSearch({}, { replace: true });
  }, [asked, over, step, change, setSearch]);
  const strange = first !== undefined && !offered.includes(draft.kind);
  useEffect(() => {
    if (strange) change({ kind: first });
  }, [strange, first, change]);
  useEffect(() => {
    if (step !== 'file') top.current?.focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  }, [step]);

  const go = (next: Step) => void navigate(`/imports/new?step=${next}`);
  const { file, kind, community } = draft;
  const reachable: Record<Step, boolean> = { file: !over, columns: !!file && !over, check: !!file && !!draft.checked && !over, result: over };
  if (step !== 'file' && !(step === 'result' ? over : file && community.trim())) return <Navigate to="/imports/new" replace />;
  const subject = file && { kind, community, file };
  return (
    <div className="assistant" ref={top} tabIndex={-1} style={{ outline: 'none' }}>
      <nav aria-label={t('imports.steps')}>
        <Steps
          className="assistant-steps"
          size="small"
          responsive={false}
          labelPlacement="vertical"
          current={steps.indexOf(step)}
          onChange={(index) => go(steps[index] ?? 'file')}
          items={steps.map((one) => ({ title: t(`imports.step.${one}`), disabled: one !== step && !reachable[one] }))}
        />
      </nav>
      {step === 'file' && <FileStep draft={draft} change={change} next={() => go('columns')} />}
      {step === 'columns' && subject && <ColumnsStep draft={draft} subject={subject} change={change} back={() => go('file')} next={() => go('check')} />}
      {step === 'check' && subject && <CheckStep draft={draft} subject={subject} change={change} back={() => go('columns')} restart={() => go('file')} next={() => go('result')} />}
      {step === 'result' && draft.started && (
        <ResultStep
          id={draft.started.id}
          retry={() => {
            change({ started: undefined });
            go('columns');
          }}
        />
      )}
    </div>
  );
}
