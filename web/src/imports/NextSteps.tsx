import { Button } from 'antd';
import { useNavigate } from 'react-router';
import type { ImportJob } from '../api/model';
import { useTexts } from '../i18n';
import { useMay } from '../session/may';
import { kindOf, nextSteps } from './kinds';

/** What usually follows once a file of this kind is in. */
export function NextSteps({ job }: { job: ImportJob }) {
  const { t, label } = useTexts();
  const navigate = useNavigate();
  const may = useMay();
  const kind = kindOf(job.kind);
  const steps = (kind ? nextSteps[kind] : []).filter((step) => step.path !== '/campaigns' || may('see-campaigns'));
  return (
    <div className="next-steps section">
      <span className="muted">{t('imports.nextTitle')}</span>
      {steps.map((step) => (
        <Button key={step.key} onClick={() => void navigate(step.path)}>
          {label('imports.next', step.key)}
        </Button>
      ))}
      <Button type="link" onClick={() => void navigate('/imports/new')}>
        {t('imports.another')}
      </Button>
    </div>
  );
}
