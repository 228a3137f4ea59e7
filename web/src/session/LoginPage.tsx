import { Alert, Button, Card, Form, Input } from 'antd';
import { useState } from 'react';
import { Navigate, useLocation } from 'react-router';
import { useTexts } from '../i18n';
import { LanguageButton } from '../shell/LanguageButton';
import { Failure } from '../shell/states';
import { useDemo } from './demo';
import { sessionEnded, useSession } from './session';
import { signIn } from './signIn';

interface Credentials {
  login: string;
  password: string;
}

/** The sign-in page. In a demo it also offers the demo logins. */
export default function LoginPage() {
  const { t, label } = useTexts();
  const session = useSession();
  const location = useLocation();
  const demo = useDemo();
  const [form] = Form.useForm<Credentials>();
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<unknown>();

  if (session) {
    const from = (location.state as { from?: string } | null)?.from;
    return <Navigate to={from ?? '/'} replace />;
  }

  const submit = async ({ login, password }: Credentials) => {
    setSending(true);
    setFailure(undefined);
    try {
      await signIn(login.trim(), password);
    } catch (cause) {
      setFailure(cause);
      setSending(false);
    }
  };

  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <div className="sign-in-brand">
          <img src="/favicon.svg" alt="" />
          <div>
            <h1>{t('app.name')}</h1>
            <div className="muted">{t('app.tagline')}</div>
          </div>
        </div>
        <Card>
          {failure !== undefined ? (
            <div className="section">
              <Failure cause={failure} />
            </div>
          ) : (
            sessionEnded() && <Alert className="section" type="info" showIcon message={t('session.ended')} />
          )}
          <Form form={form} layout="vertical" requiredMark={false} onFinish={(values) => void submit(values)}>
            <Form.Item name="login" label={t('session.login')} rules={[{ required: true, whitespace: true, message: t('session.needLogin') }]}>
              <Input autoFocus autoComplete="username" autoCapitalize="none" spellCheck={false} maxLength={64} size="large" />
            </Form.Item>
            <Form.Item name="password" label={t('session.password')} rules={[{ required: true, message: t('session.needPassword') }]}>
              <Input.Password autoComplete="current-password" maxLength={200} size="large" />
            </Form.Item>
            <Button type="primary" htmlType="submit" size="large" block loading={sending}>
              {t('session.submit')}
            </Button>
          </Form>
        </Card>
        {demo && demo.length > 0 && (
          <Card size="small" style={{ marginTop: 12 }} title={t('session.demo')}>
            <div className="muted">{t('session.demoHint')}</div>
            <div className="demo-logins">
              {demo.map((login) => (
                <Button key={login.login} size="small" onClick={() => form.setFieldsValue({ login: login.login, password: login.password })}>
                  {label('role', login.role)}
                </Button>
              ))}
            </div>
          </Card>
        )}
        <div className="sign-in-language">
          <LanguageButton />
        </div>
      </div>
    </main>
  );
}
