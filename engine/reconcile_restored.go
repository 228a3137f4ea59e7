package engine

import (
	"context"
	"fmt"
	"time"

	"steward/domain/calendar"
	"steward/domain/dunning"
	"steward/store"
	"steward/workflows/campaign"
)

// park puts every live campaign of a restored database before a person: who paid and who was told since the backup is not
// known, and a household that has paid is not reminded.
func (r *Reconciler) park(ctx context.Context) error {
	if r.mark == nil {
		return nil
	}
	live, err := r.Store.LiveCampaigns(ctx)
	if err != nil {
		return err
	}
	for _, c := range live {
		if err := r.parkOne(ctx, c); err != nil {
			return err
		}
	}
	r.lostRefunds()
	return r.lostMoney(ctx)
}

const parkAdvice = "first bring in the payments since the backup, then resume the campaign or cancel it"

func (r *Reconciler) parkOne(ctx context.Context, c dunning.CampaignRef) error {
	f := Finding{Subject: campaign.ID(c.CampaignID), What: "MySQL was restored to " + shown(r.mark.BusinessAt), Done: Left, Advice: "would be " + Parked, Open: true}
	if !r.DryRun {
		parked, err := r.Store.ParkRestored(ctx, scopeOf(c.OrgID), c.CampaignID, *r.mark, r.Recognises)
		if err != nil {
			return fmt.Errorf("park %s: %w", f.Subject, err)
		}
		f.Done, f.Advice = Parked, parkAdvice
		f.What += tally(parked)
	}
	r.note(f)
	return nil
}

func tally(p store.ParkedRestored) string {
	return fmt.Sprintf(": %d messages wait, %d may have gone out and stay unsent, %d cases were due since", p.Parked, p.Unknown, p.Due)
}

// lostMoney tells what the books can't know.
func (r *Reconciler) lostMoney(ctx context.Context) error {
	last, err := r.Store.LastPayment(ctx)
	if err != nil {
		return err
	}
	what := "payments and receipts since " + shown(r.mark.BusinessAt) + " are not in the books"
	if !last.IsZero() {
		what += "; the last one known is of " + shown(last)
	}
	r.note(Finding{
		Subject: "payments", What: what, Done: Left, Open: true,
		Advice: "have the payment provider send its notices since then again, import the statements, enter counter payments from their paper receipts; a repeated one changes nothing",
	})
	return nil
}

// release lets the programs work again.
func (r *Reconciler) release(ctx context.Context) error {
	if r.mark == nil || r.DryRun {
		return nil
	}
	return r.Store.MarkReconciled(ctx, r.mark.ID)
}

func shown(at time.Time) string { return at.In(calendar.Shanghai).Format("2006-01-02 15:04:05") }
