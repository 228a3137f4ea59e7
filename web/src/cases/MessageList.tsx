import { Skeleton, Space } from 'antd';
import type { Message } from '../api/model';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { Failure, Nothing } from '../shell/states';
import { StatusTag } from '../shell/StatusTag';
import { useCaseMessages } from './data';

/** The messages of a case with their text and what became of them, newest first. */
export function MessageList({ caseId }: { caseId: string }) {
  const { t } = useTexts();
  const { data, error, isPending, refetch } = useCaseMessages(caseId);
  if (isPending) return <Skeleton active />;
  if (error) return <Failure cause={error} retry={() => void refetch()} />;
  const messages = data.items ?? [];
  if (messages.length === 0) return <Nothing title={t('cases.messagesEmpty')} />;
  const newestFirst = [...messages].sort((a, b) => b.id.localeCompare(a.id));
  return (
    <div data-testid="messages">
      {newestFirst.map((message) => (
        <Item key={message.id} message={message} />
      ))}
    </div>
  );
}

function Item({ message }: { message: Message }) {
  const { label } = useTexts();
  return (
    <article className="message-item">
      <Space wrap size={8}>
        <strong>{label('stage', message.stage)}</strong>
        <StatusTag group="messageStatus" status={message.status} />
        <span className="muted">
          {label('channel', message.channel)} · {message.to}
        </span>
      </Space>
      <p className="message-text">{message.text}</p>
      <small className="muted figures">
        {message.sent_at ? dateTime(message.sent_at) : ''}
        {message.why ? ` ${message.why}` : ''}
      </small>
    </article>
  );
}
