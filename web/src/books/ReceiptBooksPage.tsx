import { Button, Card, Table, Tag } from 'antd';
import { useState } from 'react';
import type { ReceiptBook } from '../api/model';
import { dateTime } from '../format/time';
import { CommunityChoice, useChosenCommunity } from '../finance/CommunityChoice';
import { useTexts } from '../i18n';
import { useMay } from '../session/may';
import { PageHead } from '../shell/PageHead';
import { Failure, Nothing } from '../shell/states';
import { AddBookDialog } from './AddBookDialog';
import { useReceiptBooks } from './data';
import { LayoutCard } from './LayoutCard';

/** The books that receipts are numbered from, and how they are printed. */
export default function ReceiptBooksPage() {
  const { t } = useTexts();
  const may = useMay();
  const community = useChosenCommunity();
  const [adding, setAdding] = useState(false);
  return (
    <>
      <PageHead title={t('books.title')} subtitle={t('books.intro')} actions={<CommunityChoice community={community} />} />
      <Card
        className="section"
        title={t('books.list')}
        extra={
          community.chosen && (
            <Button type="primary" onClick={() => setAdding(true)}>
              {t('books.add')}
            </Button>
          )
        }
      >
        <Books community={community.chosen} />
      </Card>
      {community.chosen && may('edit-policies') && <LayoutCard key={community.chosen} communityId={community.chosen} />}
      {community.chosen && <AddBookDialog communityId={community.chosen} open={adding} close={() => setAdding(false)} />}
    </>
  );
}

function Books({ community }: { community: string | undefined }) {
  const { t, label } = useTexts();
  const list = useReceiptBooks(community);
  if (list.error) return <Failure cause={list.error} retry={() => void list.refetch()} />;
  return (
    <Table<ReceiptBook>
      size="middle"
      rowKey="id"
      data-testid="receipt-books"
      loading={list.isPending}
      dataSource={list.data?.items ?? []}
      pagination={false}
      scroll={{ x: 'max-content' }}
      locale={{ emptyText: list.isPending ? ' ' : <Nothing title={t('books.none')} /> }}
      expandable={{ rowExpandable: (book) => (book.spoiled ?? []).length > 0, expandedRowRender: (book) => <Spoiled book={book} /> }}
      columns={[
        { title: t('books.code'), dataIndex: 'code', className: 'figures nowrap' },
        { title: t('books.kind'), dataIndex: 'kind', render: (kind: string) => label('bookKind', kind) },
        { title: t('books.range'), key: 'range', className: 'figures nowrap', render: (_, book) => (book.last_no ? `${book.first_no} – ${book.last_no}` : `${book.first_no} –`) },
        { title: t('books.next'), dataIndex: 'next_no', align: 'right', className: 'figures', render: (no: number, book) => (book.status === 'open' ? no : '—') },
        { title: t('books.left'), dataIndex: 'left_nos', align: 'right', className: 'figures', render: (left: number | undefined, book) => (book.last_no ? (left ?? 0) : '—') },
        { title: t('books.spoiled'), key: 'spoiled', align: 'right', className: 'figures', render: (_, book) => (book.spoiled ?? []).length },
        { title: t('books.status'), dataIndex: 'status', render: (status: string) => <Tag color={status === 'open' ? 'success' : 'default'}>{label('bookStatus', status)}</Tag> },
      ]}
    />
  );
}

function Spoiled({ book }: { book: ReceiptBook }) {
  const { t } = useTexts();
  return (
    <Table
      size="small"
      rowKey="no"
      pagination={false}
      dataSource={book.spoiled ?? []}
      columns={[
        { title: t('books.spoiledNo'), dataIndex: 'display_no', className: 'figures nowrap' },
        { title: t('books.spoiledWhy'), dataIndex: 'reason', className: 'wrap-anywhere' },
        { title: t('books.spoiledAt'), dataIndex: 'made_at', className: 'figures nowrap', render: dateTime },
      ]}
    />
  );
}
