package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"pgregory.net/rapid"

	"steward/domain/refusal"
)

func newCodec(t require.TestingT, b byte) *Codec {
	c, err := NewCodec(bytes.Repeat([]byte{b}, 32))
	require.NoError(t, err)
	return c
}

func TestWhatIsSealedOpensAgainAndShowsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		codec := newCodec(t, 1)
		data := rapid.SliceOfN(rapid.Byte(), 0, 500).Draw(t, "data")
		p := &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: data}
		sealed, err := codec.Encode([]*commonpb.Payload{p})
		require.NoError(t, err)
		require.Equal(t, "binary/encrypted", string(sealed[0].GetMetadata()["encoding"]))
		if len(data) > 8 {
			require.NotContains(t, string(sealed[0].GetData()), string(data))
		}
		opened, err := codec.Decode(sealed)
		require.NoError(t, err)
		require.Equal(t, data, append([]byte{}, opened[0].GetData()...))
		require.Equal(t, "json/plain", string(opened[0].GetMetadata()["encoding"]))

		again, err := codec.Encode([]*commonpb.Payload{p})
		require.NoError(t, err)
		require.NotEqual(t, sealed[0].GetData(), again[0].GetData(), "equal payloads can't be told from each other")
		_, err = newCodec(t, 2).Decode(sealed)
		require.ErrorContains(t, err, "right data key")
		sealed[0].Data[len(sealed[0].GetData())-1] ^= 1
		_, err = codec.Decode(sealed)
		require.Error(t, err)
	})
}

func TestWhatIsNotSealedPasses(t *testing.T) {
	p := &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(`"x"`)}
	opened, err := newCodec(t, 1).Decode([]*commonpb.Payload{p})
	require.NoError(t, err)
	require.Equal(t, p, opened[0])
}

func TestAKeyOfTheWrongLengthIsRefused(t *testing.T) {
	_, err := NewCodec([]byte("short"))
	require.Error(t, err)
}

func TestErrorsOfTemporalBecomeRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		code string
	}{
		"client's deadline": {fmt.Errorf("call: %w", context.DeadlineExceeded), "outcome-unknown"},
		"server's deadline": {serviceerror.NewDeadlineExceeded("late"), "outcome-unknown"},
		"away":              {serviceerror.NewUnavailable("no server"), "process-engine-away"},
	} {
		t.Run(name, func(t *testing.T) {
			err := refused("start campaign/1", c.err)
			require.True(t, refusal.Is(err, c.code))
			require.ErrorIs(t, err, c.err, "the cause stays for the log")
		})
	}
	require.NoError(t, refused("start", nil))
	_, ok := refusal.As(refused("start", errors.New("bad request")))
	require.False(t, ok)
}

func TestEachBoundsWhatIsInFlightAndReportsAnError(t *testing.T) {
	var now, most, beats atomic.Int32
	gate := make(chan struct{})
	items := make([]int, 200)
	go func() {
		for range items {
			gate <- struct{}{}
		}
	}()
	require.NoError(t, each(t.Context(), items, func() { beats.Add(1) }, func(context.Context, int) error {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		<-gate
		now.Add(-1)
		return nil
	}))
	require.LessOrEqual(t, most.Load(), int32(atOnce))
	require.Equal(t, int32(200), beats.Load())
	broken := errors.New("broken")
	require.ErrorIs(t, each(t.Context(), items, func() {}, func(context.Context, int) error { return broken }), broken)
}
