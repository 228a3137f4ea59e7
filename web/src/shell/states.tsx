import { Alert, Button, Empty, Result, Spin } from 'antd';
import { Component, type ReactNode } from 'react';
import { Link } from 'react-router';
import { messageOf, Problem } from '../api/problem';
import { translate, useTexts } from '../i18n';

/** Stands in for a page that is still being read. */
export function PageLoading() {
  return (
    <div style={{ display: 'grid', placeItems: 'center', minHeight: 240 }} aria-busy="true">
      <Spin size="large" />
    </div>
  );
}

/** Says what went wrong and offers another try. */
export function Failure({ cause, retry }: { cause: unknown; retry?: () => void }) {
  const { t } = useTexts();
  const problem = cause instanceof Problem ? cause : undefined;
  const details = problem?.fields.map((field) => field.message).filter(Boolean) ?? [];
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      message={
        <>
          {messageOf(cause)}
          {details.map((text, index) => (
            <div key={index} className="muted">
              {text}
            </div>
          ))}
          {problem?.requestId && <div className="muted failure-id">{t('problem.requestId', { id: problem.requestId })}</div>}
        </>
      }
      action={
        retry && (
          <Button size="small" onClick={retry}>
            {t('common.retry')}
          </Button>
        )
      }
    />
  );
}

/** Says that there is nothing, and what to do about it. */
export function Nothing({ title, hint, children }: { title: string; hint?: string; children?: ReactNode }) {
  return (
    <Empty
      image={Empty.PRESENTED_IMAGE_SIMPLE}
      description={
        <>
          <div>{title}</div>
          {hint && <div className="muted">{hint}</div>}
        </>
      }
    >
      {children}
    </Empty>
  );
}

/** The page for an address that leads nowhere. */
export function NotFound() {
  const { t } = useTexts();
  return <Result status="404" title={t('problem.page')} extra={<Link to="/">{t('common.home')}</Link>} />;
}

/** Keeps the frame standing when a page fails to draw, or its part of the program can no longer be loaded. */
export class PageGuard extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <Result
        status="warning"
        title={translate('problem.crash')}
        extra={
          <Button type="primary" onClick={() => location.reload()}>
            {translate('common.reload')}
          </Button>
        }
      />
    );
  }
}
