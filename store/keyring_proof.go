package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// ErrWrongDataKey says that the database was sealed with another key: its names and phones could not be read, and what
// this program wrote could not be read by the others.
var ErrWrongDataKey = errors.New("数据密钥与此数据库不符，请检查 STEWARD_DATA_KEY_FILE 或 STEWARD_DATA_KEY，并使用首次启动时的密钥。\n" +
	"The data key is not the one of this database: check STEWARD_DATA_KEY_FILE or STEWARD_DATA_KEY and use the key of the first start")

const keyProof = "steward data key"

// ProveDataKey ties a database to the first key that opens it and returns ErrWrongDataKey for every other.
func ProveDataKey(ctx context.Context, db *sqlx.DB, keys *KeyRing) error {
	_, err := db.ExecContext(ctx, `INSERT IGNORE INTO data_key (generation, proof) VALUES (?,?)`, keyGeneration, keys.Seal(keyProof))
	if err != nil {
		return fmt.Errorf("tie the database to its key: %w", err)
	}
	var proof []byte
	if err := db.GetContext(ctx, &proof, `SELECT proof FROM data_key WHERE generation = ?`, keyGeneration); err != nil {
		return fmt.Errorf("read the proof of the data key: %w", err)
	}
	if plain, err := keys.Open(proof); err != nil || plain != keyProof {
		return ErrWrongDataKey
	}
	return nil
}
