import { DownloadOutlined } from '@ant-design/icons';
import { App, Button } from 'antd';
import { useState } from 'react';
import { messageOf } from '../api/problem';
import { useTexts } from '../i18n';
import { useMay } from '../session/may';
import { groupsFor, type Kind } from './kinds';
import { downloadTemplate } from './template';

/** The choice of what a file holds: one card for each kind, with what it is for and its template. */
export function KindChoice({ value, choose }: { value: Kind; choose: (kind: Kind) => void }) {
  const { t, label } = useTexts();
  const may = useMay();
  return (
    <fieldset className="kind-set">
      <legend>{t('imports.kind')}</legend>
      {groupsFor(may).map((group) => (
        <div key={group.key}>
          <div className="kind-group">{label('imports.kindGroup', group.key)}</div>
          <div className="kind-cards">
            {group.kinds.map((kind) => (
              <div className="kind-card" key={kind}>
                <label>
                  <input
                    type="radio"
                    name="kind"
                    value={kind}
                    aria-labelledby={`kind-${kind}`}
                    aria-describedby={`kind-for-${kind}`}
                    checked={kind === value}
                    onChange={() => choose(kind)}
                  />
                  <strong id={`kind-${kind}`}>{label('importKind', kind)}</strong>
                  <span id={`kind-for-${kind}`}>{label('importFor', kind)}</span>
                </label>
                <TemplateButton kind={kind} />
              </div>
            ))}
          </div>
        </div>
      ))}
    </fieldset>
  );
}

function TemplateButton({ kind }: { kind: Kind }) {
  const { t, label } = useTexts();
  const { message } = App.useApp();
  const [busy, setBusy] = useState(false);
  const title = label('importKind', kind);
  const download = async () => {
    setBusy(true);
    try {
      await downloadTemplate(kind, `${title}.xlsx`);
    } catch (cause) {
      void message.error(messageOf(cause));
    }
    setBusy(false);
  };
  return (
    <Button type="link" icon={<DownloadOutlined />} loading={busy} aria-label={t('imports.templateOf', { kind: title })} onClick={() => void download()}>
      {t('imports.template')}
    </Button>
  );
}
