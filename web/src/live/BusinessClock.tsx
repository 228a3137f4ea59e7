import { useQuery } from '@tanstack/react-query';
import { Tag, Tooltip, Typography } from 'antd';
import { useEffect, useState } from 'react';
import { api, body } from '../api/client';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';

const readAgainMs = 10_000;
const tickMs = 250;

/** Reads the business clock; it stands still while the service can't be reached. */
export function useBusinessClock() {
  return useQuery({
    queryKey: ['clock'],
    queryFn: async () => ({ ...(await body(api.GET('/api/v1/clock'))), readAt: Date.now() }),
    refetchInterval: readAgainMs,
    staleTime: readAgainMs,
  });
}

/** Shows business time, ticking at its speed. */
export function BusinessClock() {
  const { t } = useTexts();
  const { data, isError } = useBusinessClock();
  const [wall, setWall] = useState(() => Date.now());

  useEffect(() => {
    const timer = setInterval(() => setWall(Date.now()), tickMs);
    return () => clearInterval(timer);
  }, []);

  if (!data) return null;
  const passed = isError ? 0 : Math.max(0, Math.min(wall - data.readAt, 2 * readAgainMs));
  const now = new Date(data.now).getTime() + passed * data.speed;
  return (
    <Tooltip title={t('clock.label')}>
      <span className="clock">
        <Typography.Text type="secondary" className="clock-label">
          {t('clock.label')}
        </Typography.Text>
        <time className="figures" dateTime={new Date(now).toISOString()} data-testid="business-clock">
          {dateTime(now)}
        </time>
        {data.speed !== 1 && <Tag bordered={false}>{t('clock.speed', { speed: data.speed.toLocaleString('zh-CN') })}</Tag>}
      </span>
    </Tooltip>
  );
}
