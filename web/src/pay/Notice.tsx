/** One sentence in the middle of the page, with at most one thing to do. */
export function Notice(props: { title: string; hint?: string; busy?: boolean; action?: string; onAction?: () => void; href?: string; testId?: string; tone?: 'good' }) {
  return (
    <main className="notice" data-testid={props.testId} aria-busy={props.busy}>
      {props.busy && <div className="spinner" aria-hidden="true" />}
      {props.tone === 'good' && (
        <div className="tick" aria-hidden="true">
          ✓
        </div>
      )}
      <h1>{props.title}</h1>
      {props.hint && <p className="quiet">{props.hint}</p>}
      {props.action && props.onAction && (
        <button type="button" onClick={props.onAction}>
          {props.action}
        </button>
      )}
      {props.action && props.href && (
        <a className="button" href={props.href}>
          {props.action}
        </a>
      )}
    </main>
  );
}
