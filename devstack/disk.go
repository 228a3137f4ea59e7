package devstack

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// FreeMiB is the space left for ordinary users on the disk that holds a folder.
func FreeMiB(dir string) (uint64, error) {
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err != nil {
		return 0, fmt.Errorf("ask for the free space of %s: %w", dir, err)
	}
	return disk.Bavail * uint64(disk.Bsize) >> 20, nil
}
