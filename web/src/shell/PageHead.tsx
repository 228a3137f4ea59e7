import { ArrowLeftOutlined } from '@ant-design/icons';
import { Space } from 'antd';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useTexts } from '../i18n';

/** The head of a page: where it leads back to, its title, and what can be done here. */
export function PageHead(props: { title: ReactNode; subtitle?: ReactNode; tag?: ReactNode; back?: string; actions?: ReactNode }) {
  const { t } = useTexts();
  return (
    <header className="page-head">
      <div className="titles">
        <Space size={10} align="center">
          {props.back && (
            <Link to={props.back} aria-label={t('common.back')}>
              <ArrowLeftOutlined />
            </Link>
          )}
          <h1>{props.title}</h1>
          {props.tag}
        </Space>
        {props.subtitle && <div className="subtitle">{props.subtitle}</div>}
      </div>
      {props.actions && <div className="page-actions">{props.actions}</div>}
    </header>
  );
}

/** Figures side by side, each with its name. */
export function Figures({ items }: { items: { name: string; value: ReactNode; note?: ReactNode; id?: string }[] }) {
  return (
    <dl className="kpis">
      {items.map((item) => (
        <div className="kpi" key={item.name}>
          <dt>{item.name}</dt>
          <dd className="figures" data-testid={item.id}>
            {item.value}
            {item.note !== undefined && <small>{item.note}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
